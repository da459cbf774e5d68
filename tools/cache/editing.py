"""Admin pages whose edits put kept results out of date."""

from collections.abc import Sequence
from typing import Any

from asgiref.sync import async_to_sync
from django.db import transaction

from tools import cache


class DropsResults:
    """Put before ``ModelAdmin``: once an edit is committed, results with a tag of ``drops`` are forgotten.

    A tool's whole results have the tag ``tools.state.base.tag_of_tool(name)``.
    """

    drops: Sequence[str] = ()

    def save_model(self, *args: Any, **kwargs: Any) -> None:
        super().save_model(*args, **kwargs)  # type: ignore[misc]  # ModelAdmin comes after this class
        self._drop_later()

    def delete_model(self, *args: Any, **kwargs: Any) -> None:
        super().delete_model(*args, **kwargs)  # type: ignore[misc]
        self._drop_later()

    def delete_queryset(self, *args: Any, **kwargs: Any) -> None:
        super().delete_queryset(*args, **kwargs)  # type: ignore[misc]
        self._drop_later()

    def _drop_later(self) -> None:
        transaction.on_commit(lambda: async_to_sync(cache.drop_tags)(*self.drops))
