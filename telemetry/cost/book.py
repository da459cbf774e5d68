"""The price table as this process knows it: read again when it changed, asked for spans without a query.

Whether it changed is asked at most once a second, by whoever prices the next batch, so an edit acts within two
seconds. Only in a process that has never read the table a failing Postgres is the caller's to handle.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import Error
from django.db.models import Count, Max

from telemetry.cost.models import Price
from telemetry.cost.pricing import Book

logger = logging.getLogger(__name__)
LOOK_EVERY_S = 1.0


class LiveBook:
    """One book, renewed."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._book: Book | None = None
        self._version: dict[str, Any] = {}
        self._looked_at = float("-inf")

    def current(self) -> Book:
        """The prices of at most a second ago. Raises ``django.db.Error`` if they were never read."""
        book = self._book
        if book is not None and self._clock() - self._looked_at < LOOK_EVERY_S:
            return book
        # Who comes while another reads takes what is there.
        if not self._lock.acquire(blocking=book is None):
            return book or Book()
        try:
            return self._look()
        finally:
            self._lock.release()

    def last(self) -> Book:
        """The prices as they were read last, without a query; none before that."""
        return self._book or Book()

    def _look(self) -> Book:
        try:
            # Rows are never updated behind the model's back, so that this tells of every change.
            version = Price.objects.aggregate(rows=Count("pk"), newest=Max("updated_at"))
            if self._book is None or version != self._version:
                self._book, self._version = Book(row.rates() for row in Price.objects.iterator()), version
        except Error:
            if self._book is None:
                raise
            logger.warning("The price table could not be read; the prices of before hold.")
        self._looked_at = self._clock()
        return self._book


_live = LiveBook()


def current() -> Book:
    """The prices as this process knows them."""
    return _live.current()


def last() -> Book:
    """The prices as this process read them last, however long ago."""
    return _live.last()


def forget() -> None:
    """Have the table read anew for the next batch of this process."""
    global _live  # noqa: PLW0603  (one a process; a forked child starts with locks of its own)
    _live = LiveBook()


os.register_at_fork(after_in_child=forget)
