"""The calls that a rule looks at, each with when it ended and when it was stored: to repeat looks of the past."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connections

from telemetry.alerts.models import Rule
from telemetry.alerts.models.rules import resolution_of
from telemetry.alerts.windows import (
    ENDED,
    KEY_WORDS,
    LATE_MOST,
    SUMS,
    WORDS,
    Key,
    late_window,
    seen_by,
    tally_of,
)
from telemetry.counts.outcome_counts import Tally
from telemetry.rollups.ended_sql import TABLE
from telemetry.semconv import OPERATION_EXECUTE_TOOL

# So much is read at once.
CHUNK = timedelta(hours=6)
READ = f"""
SELECT stored_at, {ENDED} AS ended, {WORDS}, max(longest_ms), {SUMS}
FROM {TABLE} JOIN telemetry_series series ON series.id = series_id AND operation = '{OPERATION_EXECUTE_TOOL}'
WHERE resolution_s = %(step_s)s AND stored_at >= %(start)s AND stored_at < %(until)s
    AND stored_at - {ENDED} <= %(reach)s
GROUP BY stored_at, ended, {WORDS} ORDER BY stored_at, ended, {WORDS}"""


def reach(window_s: int) -> timedelta:
    """How long before they were stored calls may have ended that a look can ask for."""
    return LATE_MOST + timedelta(seconds=2 * window_s)


class Stored(NamedTuple):
    """Calls of one key that ended in one step of time and were stored in another."""

    stored_at: datetime
    ended_at: datetime
    key: Key
    tally: Tally

    def judged(self, window_s: int) -> bool:
        """Whether it is looked at: what came later than calls may be late is a backfill."""
        return self.stored_at - self.ended_at <= max(LATE_MOST, timedelta(seconds=window_s / 2))

    def place(self, window_s: int) -> tuple[datetime | None, Key]:
        """With which calls they are judged: those of the look, or the late ones of a window."""
        return late_window(self.stored_at, self.ended_at, window_s), self.key

    def leaves_at(self, window_s: int) -> datetime:
        """The end of the first window in which they are no longer looked at."""
        late = late_window(self.stored_at, self.ended_at, window_s)
        # A window holds what is at its start, and what is before it no longer.
        return (self.stored_at if late else self.ended_at) + timedelta(seconds=window_s + resolution_of(window_s))


def read_stored(rule: Rule, start: datetime, end: datetime) -> Iterator[Stored]:
    """What *rule* looks at of all that was stored in the period, in that order; one query for every six hours."""
    step_s = resolution_of(rule.window_s)
    while start < end:
        until = min(start + CHUNK, end)
        bounds: dict[str, Any] = {"step_s": step_s, "start": start, "until": until, "reach": reach(rule.window_s)}
        with connections["default"].cursor() as cursor:
            cursor.execute(READ, bounds)
            rows = cursor.fetchall()
        for stored_at, ended_at, *row in rows:
            key = Key(*row[:KEY_WORDS])
            if seen_by(rule, key):
                yield Stored(stored_at, ended_at, key, tally_of(row[KEY_WORDS + 1 :], row[KEY_WORDS]))
        start = until
