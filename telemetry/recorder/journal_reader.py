"""Stores what waits in the journals of a folder: of processes at work, and of such that have ended."""

import logging
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

from telemetry.journal.segments import SUFFIX, Segment, orphans
from telemetry.process.backoff import Backoff
from telemetry.store.unavailable import RETRY_MOST_S, StoreUnavailable

logger = logging.getLogger(__name__)

ORPHANS_EVERY_S = 2.0


class JournalReader:
    """One thread uses it. *store* brings records into the store, or raises; see ``recorder.records``."""

    def __init__(
        self,
        folder: Path,
        store: Callable[[Sequence[bytes]], None],
        *,
        interval_s: float,
        batch: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder, self._store, self._batch = folder, store, batch
        self._followed: dict[Path, Segment] = {}
        self._clock = clock
        self._looked_at = -ORPHANS_EVERY_S
        self.backoff = Backoff(interval_s, RETRY_MOST_S, clock=clock)
        self.waiting = 0

    def follow(self) -> None:
        """Store all that processes at work have written and, every two seconds, what ended ones left."""
        self._guarded(self._follow)
        if not self.backoff.wait_s:
            self.adopt_now_and_then()

    def adopt_now_and_then(self) -> None:
        """Every two seconds, store what ended processes left behind."""
        if self._clock() - self._looked_at >= ORPHANS_EVERY_S:
            self.adopt()
            self._looked_at = self._clock()

    def adopt(self) -> None:
        """Store what ended processes left behind."""
        self._guarded(self._adopt)

    def close(self) -> None:
        """Let go of all files."""
        for segment in self._followed.values():
            segment.close()
        self._followed.clear()

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do *work*; where it fails, what is not stored stays where it is until ``backoff`` has passed."""
        try:
            work()
        except StoreUnavailable as error:
            self.backoff.failed(error.wait_s)
            self._safe()
        except Exception:
            self.backoff.failed()
            logger.exception("Spans wait in %s", self._folder)

    def _follow(self) -> None:
        self._look()
        while batch := self._read():
            self.waiting = sum(len(records) for _, records, _ in batch)
            try:
                self._store([record for _, records, _ in batch for record in records])
            except BaseException:
                self.waiting = sum(segment.unstored() for segment in self._followed.values())
                raise
            for segment, _, end in batch:
                segment.advance(end)
            self.backoff.succeeded()
        self.waiting = 0

    def _look(self) -> None:
        """Follow each file of the folder, and no other."""
        paths = set(self._folder.glob(f"*{SUFFIX}"))
        for path in self._followed.keys() - paths:
            self._followed.pop(path).close()
        for path in sorted(paths - self._followed.keys()):
            if (segment := Segment.follow(path)) is not None:
                self._followed[path] = segment

    def _read(self) -> list[tuple[Segment, list[bytes], int]]:
        """Up to a batch of records, by the files in which they are, each with the offset behind them."""
        found, room = [], self._batch
        for segment in self._followed.values():
            if room and (records := list(islice(segment.whole_records(), room))):
                found.append((segment, [record for record, _ in records], records[-1][1]))
                room -= len(records)
        return found

    def _adopt(self) -> None:
        for segment in orphans(self._folder):
            if segment.path in self._followed:
                self._followed.pop(segment.path).close()
            self._take_over(segment)

    def _take_over(self, segment: Segment) -> None:
        try:
            while records := list(islice(segment.records(), self._batch)):
                self._store([record for record, _ in records])
                segment.advance(records[-1][1])
                self.backoff.succeeded()
                logger.info("Stored %d spans that a process left behind", len(records))
        except BaseException:
            segment.close()
            raise
        segment.remove()

    def _safe(self) -> None:
        try:
            for segment in self._followed.values():
                segment.sync()
        except OSError as error:
            logger.warning("The journal is not safe against a failing machine: %s", error)
