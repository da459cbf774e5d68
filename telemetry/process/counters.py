"""What this process has recorded: counted in memory by any thread, written to its row by the writer."""

import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from telemetry.models import Recorder

REPORT_EVERY_S = 1.0
MINUTE_COUNTS = ("stored", "late", "dropped", "refused")
ADD_TO_MINUTE = f"""
INSERT INTO telemetry_ingest_minute AS m (minute, {", ".join(MINUTE_COUNTS)}) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (minute) DO UPDATE SET {", ".join(f"{name} = m.{name} + EXCLUDED.{name}" for name in MINUTE_COUNTS)}"""


class Counters:
    """The counts of one process since it started; ``waiting`` asks the journal and the writer."""

    def __init__(self) -> None:
        self.process = f"{socket.gethostname()}:{os.getpid()}:{time.time_ns()}"
        self.stored = self.dropped = self.refused = self.late = self.renamed = 0
        self.forwarded = self.forward_dropped = 0
        self.forwarding: Callable[[], int] = int  # how many stored spans wait to be forwarded
        self.newest_end: datetime | None = None
        self.lag_s = 0.0
        self.gauges: dict[str, Callable[[], int]] = {}
        self.oldest: dict[str, Callable[[], datetime | None]] = {}
        self._reported: tuple[int, ...] = (0,) * 8
        self._in_minutes = dict.fromkeys(MINUTE_COUNTS, 0)  # what is counted in rows of minutes already
        self._reported_at = 0.0
        self._lock = threading.Lock()

    @property
    def waiting(self) -> int:
        """Spans that ended, or arrived, and are not yet stored."""
        return sum(gauge() for gauge in list(self.gauges.values()))

    def add(self, *, stored: int = 0, dropped: int = 0, refused: int = 0, late: int = 0, renamed: int = 0) -> None:
        with self._lock:
            self.stored += stored
            self.late += late
            self.dropped += dropped
            self.refused += refused
            self.renamed += renamed  # called `_other` (telemetry.dictionaries.name_cardinality)

    def add_forwarded(self, sent: int, dropped: int = 0) -> None:
        """Count stored spans that were sent on, and such that will not be."""
        with self._lock:
            self.forwarded += sent
            self.forward_dropped += dropped

    def saw(self, newest_end: datetime) -> None:
        """Note that spans up to *newest_end* have just been stored."""
        self.lag_s = max(0.0, (datetime.now(UTC) - newest_end).total_seconds())
        self.newest_end = max(newest_end, self.newest_end or newest_end)

    @property
    def oldest_waiting_at(self) -> datetime | None:
        """When the oldest of the spans that wait ended, or arrived; None when none waits."""
        return min((at for find in list(self.oldest.values()) if (at := find())), default=None)

    def wait_in(self, name: str, waiting: Callable[[], int], oldest: Callable[[], datetime | None]) -> None:
        """Have spans counted that wait in *name*; *oldest* says when the oldest of them ended, or arrived."""
        self.gauges[name], self.oldest[name] = waiting, oldest

    def wait_no_more(self, name: str) -> None:
        """Nothing waits in *name* from now on."""
        self.gauges.pop(name, None)
        self.oldest.pop(name, None)

    def report(self, *, now: bool = False) -> None:
        """Write this process's row, unless *now* at most once a second.

        It is written when it changed, and again and again while spans wait: a row that is not is that of a process
        which ended or is idle.
        """
        forwarding = (self.forwarded, self.forward_dropped, self.forwarding())
        counts = (self.stored, self.late, self.dropped, self.refused, self.waiting, *forwarding)
        recent = time.monotonic() - self._reported_at < REPORT_EVERY_S
        unchanged = counts == self._reported and not self.waiting
        if unchanged or (recent and not now):
            return
        values = self._values()
        Recorder.objects.bulk_create(
            [Recorder(**values)],
            update_conflicts=True,
            unique_fields=["process"],
            update_fields=[name for name in values if name != "process"],
        )
        self._add_to_minute()
        self._reported, self._reported_at = counts, time.monotonic()

    def _add_to_minute(self) -> None:
        """Add what came since the last time to the row of this minute; no query for nothing."""
        counts = {name: getattr(self, name) for name in MINUTE_COUNTS}
        since = [counts[name] - self._in_minutes[name] for name in MINUTE_COUNTS]
        if not any(since):
            return
        with connection.cursor() as cursor:
            cursor.execute(ADD_TO_MINUTE, [datetime.now(UTC).replace(second=0, microsecond=0), *since])
        self._in_minutes = counts

    def _values(self) -> dict[str, Any]:
        return {
            "process": self.process,
            "seen_at": datetime.now(UTC),
            "stored": self.stored,
            "late": self.late,
            "dropped": self.dropped,
            "refused": self.refused,
            "waiting": self.waiting,
            "oldest_waiting_at": self.oldest_waiting_at,
            "newest_end": self.newest_end,
            "lag_s": self.lag_s,
            "forwarded": self.forwarded,
            "forward_dropped": self.forward_dropped,
            "forward_waiting": self.forwarding(),
        }


_counters: Counters | None = None


def counters() -> Counters:
    """Those of this process."""
    global _counters  # noqa: PLW0603  (one a process, made after the fork)
    if _counters is None:
        _counters = Counters()
    return _counters


def _forget() -> None:
    global _counters  # noqa: PLW0603
    _counters = None


os.register_at_fork(after_in_child=_forget)
