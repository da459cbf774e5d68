"""A forked child has none of its parent's threads: what owns some is told, and makes its own."""

import os
import weakref
from typing import Protocol


class OwnsThreads(Protocol):
    def forget_threads(self) -> None:
        """Be as if no thread had ever been started. Called in the child, before anything else runs there."""


_owners: "weakref.WeakSet[OwnsThreads]" = weakref.WeakSet()


def forget_after_fork(owner: OwnsThreads) -> None:
    """Have *owner* told in every child; it is not kept alive by this."""
    _owners.add(owner)


def _forget_all() -> None:
    for owner in list(_owners):
        owner.forget_threads()


os.register_at_fork(after_in_child=_forget_all)
