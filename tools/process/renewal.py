"""What a process reads again every second, in a thread of its own, so that its calls wait for no query."""

import logging
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from django.db import connection

logger = logging.getLogger(__name__)
REFRESH_S = 1.0
FIRST_WAIT_S = 3.0
Kept = TypeVar("Kept")


class Renewed(ABC, Generic[Kept]):
    """One snapshot and the thread that renews it. After a fork the child starts its own.

    Whoever inherits says in ``read`` how it is read. *what* names it in the log.
    """

    def __init__(self, first: Kept, what: str) -> None:
        self.snapshot = first
        self._what = what
        self._static = False
        self._away = False
        self._forget_thread()
        os.register_at_fork(after_in_child=self._forget_thread)

    def _forget_thread(self) -> None:
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._ready = threading.Event()

    @abstractmethod
    def read(self) -> Kept:
        """What there is now."""

    def after_reading(self) -> None:
        """What else is done once a second."""

    def current(self) -> Kept:
        """The newest snapshot, of a thread that runs from now on."""
        if self._thread is None:
            self.start()
        return self.snapshot

    def start(self) -> None:
        """Start the thread unless it runs, and wait (three seconds at most) for its first snapshot."""
        if self._static:
            return
        with self._lock:
            if self._thread is None:
                self._stop.clear()
                self._ready.clear()
                self._thread = threading.Thread(target=self._run, name="salesboost-live", daemon=True)
                self._thread.start()
        self._ready.wait(FIRST_WAIT_S)

    def stop(self) -> None:
        """End the thread; the next use starts it again."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._stop.set()
        if thread is not None:
            thread.join(5)

    def _run(self) -> None:
        stop = self._stop
        while True:
            self.refresh()
            # Back to the pool: an idle connection a process would be one too many for Postgres.
            connection.close()
            self._ready.set()
            if stop.wait(REFRESH_S):
                return

    def refresh(self) -> None:
        """Read now. While Postgres is away the old snapshot stays, and the log says so once."""
        # One at a time: who began to read earlier would else put its older snapshot in a newer one's place.
        with self._reading:
            if self._static:
                return
            try:
                self.snapshot = self.read()
                self.after_reading()
            except Exception as error:  # whatever it is, a thread that dies of it would freeze all edits for ever
                if not self._away:
                    logger.error("%s cannot be read, the last ones stay: %.200r", self._what, error)
                self._away = True
            else:
                self._away = False

    @contextmanager
    def pinned(self, snapshot: Kept) -> Iterator[None]:
        """Hold *snapshot* and read nothing, as tests do."""
        self.stop()
        before, self.snapshot, self._static = (self.snapshot, self._static), snapshot, True
        try:
            yield
        finally:
            self.snapshot, self._static = before
