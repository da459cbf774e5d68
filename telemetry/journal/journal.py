"""The journal of a process: finished spans on disk until they are stored. It is the queue and the spool in one.

Who stores them is the machine's recorder, which reads the same memory, or the process itself where there is none.

A record is written into a memory-mapped file, so it survives ``kill -9`` the moment ``append`` returns, and the
caller neither waits for a disk nor gives up Python's lock, as it would in ``write()``. Once a record is stored,
the file's header says so; a file that is stored whole is removed. Files of a process that died are taken over
by any other (``orphans``): the kernel released their lock. A record may be read twice, never lost: the store
leaves out what it has.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from telemetry.journal.segments import Segment

logger = logging.getLogger(__name__)

SEGMENT_BYTES = 4 << 20
RECORD_MAX_BYTES = 1 << 20
MAX_SEGMENTS = 128  # half a gigabyte a process
# Without a usable disk spans wait in memory, and less of them.
MAX_SEGMENTS_IN_MEMORY = 8
# Of the oldest records, so that one which is no span hides none.
OLDEST = 3
# A full disk is asked so often whether it takes files again.
DISK_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one segment, and where it ends."""

    segment: Segment
    records: list[bytes]
    end: int


class Journal:
    """The segments of one process: any thread appends, one thread reads and advances."""

    def __init__(
        self,
        folder: Path,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        max_segments: int = MAX_SEGMENTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder = folder
        self.segment_bytes = segment_bytes
        self.max_segments = max_segments
        self.appended = self.advanced = 0
        self._clock = clock
        self._disk_again_at = 0.0
        self._segments: deque[Segment] = deque()
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many records are not yet stored."""
        return self.appended - self.advanced

    def append(self, record: bytes) -> bool:
        """Keep *record*; False if there is no room for it."""
        with self._lock:
            self._leave_memory()
            if not self._segments or not self._segments[-1].fits(len(record)):
                segment = self._new_segment()
                if segment is None or not segment.fits(len(record)):
                    return False
            self._segments[-1].append(record)
            self.appended += 1
            return True

    def oldest(self) -> list[bytes]:
        """Some of the records that wait longest; empty when none waits. For any thread."""
        with self._lock:
            for segment in self._segments:
                if found := [record for record, _ in islice(segment.records(), OLDEST)]:
                    return found
        return []

    def read(self, limit: int) -> Batch | None:
        """The oldest records not yet stored, at most *limit*; None if there are none."""
        while self._segments:
            segment, records, end = self._segments[0], [], 0
            for record, end in segment.records():  # noqa: B007  (the last one is what counts)
                records.append(record)
                if len(records) == limit:
                    break
            if records:
                return Batch(segment, records, end)
            with self._lock:
                if len(self._segments) == 1:
                    return None
                if segment.read_at == segment.write_at:  # and nothing came since
                    self._segments.popleft().remove()
        return None

    def advance(self, batch: Batch) -> None:
        """Note that *batch* is stored."""
        batch.segment.advance(batch.end)
        self.advanced += len(batch.records)

    def catch_up(self) -> None:
        """Let go of what the recorder has stored."""
        with self._lock:
            for segment in list(self._segments):
                self.advanced += segment.catch_up()
                if segment.read_at < segment.write_at:
                    break
                if segment is not self._segments[-1]:
                    self._segments.popleft().remove()

    @property
    def is_in_memory(self) -> bool:
        """Whether the oldest records are where no other process finds them."""
        with self._lock:
            return bool(self._segments) and self._segments[0].fd is None

    def drop_oldest(self) -> int | None:
        """Give up the oldest file; returns how many records were in it, None if there is no file.

        For a journal whose every use is locked from outside: a reader may hold a batch of that file.
        """
        with self._lock:
            if not self._segments:
                return None
            segment = self._segments.popleft()
            lost = sum(1 for _ in segment.records())
            segment.remove()
        self.advanced += lost
        return lost

    def sync(self) -> None:
        with self._lock:
            segments = list(self._segments)
        for segment in segments:
            segment.sync()

    def close(self) -> None:
        """Let go of all files; those that hold unstored spans stay for the next process."""
        with self._lock:
            for segment in self._segments:
                if next(segment.records(), None) is None:
                    segment.remove()
                else:
                    segment.close()
            self._segments.clear()

    def abandon(self) -> None:
        """In a forked child: let go of the parent's files and leave them as they are."""
        for segment in self._segments:
            segment.close()

    def _leave_memory(self) -> None:
        """Go back to the disk once it takes files again: what is in memory, a kill loses, however much fits there.

        What waits in memory stays there until it is stored, which the process itself does.
        """
        if not self._segments or self._segments[-1].fd is not None or len(self._segments) >= self.max_segments:
            return
        now = self._clock()
        if now < self._disk_again_at:
            return
        self._disk_again_at = now + DISK_AGAIN_S
        with suppress(OSError):
            self._segments.append(Segment.create(self.folder, self.segment_bytes))
            logger.warning("Spans are written to %s again.", self.folder)

    def _new_segment(self) -> Segment | None:
        if len(self._segments) >= self.max_segments:
            return None
        try:
            segment = Segment.create(self.folder, self.segment_bytes)
        except OSError as error:
            self._disk_again_at = self._clock() + DISK_AGAIN_S
            if len(self._segments) >= MAX_SEGMENTS_IN_MEMORY:
                return None
            logger.warning("Spans wait in memory, for %s cannot be written: %s", self.folder, error)
            segment = Segment.in_memory(self.segment_bytes)
        self._segments.append(segment)
        return segment
