"""A waiting line that is fair to callers."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class FairQueue(Generic[T]):
    """First come, first served, by turns among callers: one with many calls keeps nobody else waiting long."""

    def __init__(self) -> None:
        self._lines: OrderedDict[str, OrderedDict[T, None]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, caller: str, item: T) -> None:
        """Let *item* wait, behind what *caller* already waits with."""
        self._lines.setdefault(caller, OrderedDict())[item] = None
        self._count += 1

    def pop(self) -> T:
        """Take out who is next. Raises IndexError if nobody waits."""
        if not self._lines:
            raise IndexError("nobody waits")
        caller, line = next(iter(self._lines.items()))
        item, _ = line.popitem(last=False)
        self._count -= 1
        self._after_one_left(caller)
        return item

    def remove(self, caller: str, item: T) -> None:
        """Let *item* wait no longer, if it does."""
        line = self._lines.get(caller)
        if line is not None and item in line:
            del line[item]
            self._count -= 1
            if not line:
                del self._lines[caller]

    def _after_one_left(self, caller: str) -> None:
        if self._lines[caller]:
            self._lines.move_to_end(caller)
        else:
            del self._lines[caller]
