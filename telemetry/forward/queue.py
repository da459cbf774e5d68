"""What waits to be forwarded: a journal that gives up its oldest records when it is full, never its newest."""

import threading
from pathlib import Path

from telemetry.journal.journal import SEGMENT_BYTES, Batch, Journal
from telemetry.journal.segments import RECORD, START, SUFFIX, Segment

MAX_SEGMENTS = 64  # a quarter of a gigabyte a process
# Files that processes left behind when they ended are bounded too, however often they end while nothing gets out.
MAX_FILES = 128


class ForwardQueue:
    """Any thread adds, one thread reads and advances."""

    def __init__(
        self, folder: Path, *, max_segments: int = MAX_SEGMENTS, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        self._journal = Journal(folder, max_segments=max_segments, segment_bytes=segment_bytes)
        self._longest = segment_bytes - START - RECORD.size
        # The journal's reader takes none: here a full queue takes its segment away.
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many records are neither forwarded nor given up."""
        return self._journal.waiting

    def add(self, record: bytes) -> int:
        """Keep *record*; returns how many records had to go, the oldest first, itself where it fits nowhere."""
        if len(record) > self._longest:
            return 1
        gone = 0
        with self._lock:
            while not self._journal.append(record):
                oldest = self._journal.drop_oldest()
                if oldest is None:
                    return gone + 1
                gone += oldest
        return gone

    def read(self, limit: int) -> Batch | None:
        """The oldest records, at most *limit*; None if there are none."""
        with self._lock:
            return self._journal.read(limit)

    def advance(self, batch: Batch) -> None:
        """Note that *batch* is done with."""
        with self._lock:
            if not batch.segment.memory.closed:  # else it was given up meanwhile
                self._journal.advance(batch)

    def close(self) -> None:
        """Let go of the files; those that hold records stay for the next process."""
        with self._lock:
            self._journal.close()

    def abandon(self) -> None:
        """In a forked child: the files are the parent's."""
        self._journal.abandon()


def trim(folder: Path, most: int = MAX_FILES) -> int:
    """Remove the oldest files of dead processes beyond *most*; returns how many records were in them."""
    paths = sorted(folder.glob(f"*{SUFFIX}"))
    gone = 0
    for path in paths[: max(0, len(paths) - most)]:
        try:
            segment = Segment.adopt(path)
        except FileNotFoundError:
            continue
        if segment is not None:
            gone += sum(1 for _ in segment.records())
            segment.remove()
    return gone
