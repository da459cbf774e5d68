"""The calls that a rule looks at. One way to read them, for evaluation, evidence and rehearsal.

A call counts when it ended. One that is stored later than half a window after its end is *late*: looks at its
time are over, so it is judged when it comes, with the late calls of its own window and no others. What comes later
than LATE_MOST is a backfill, and judged by nobody.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connections

from telemetry.alerts.models import Rule
from telemetry.alerts.models.rules import resolution_of
from telemetry.counts import origins
from telemetry.counts.outcome_counts import Tally
from telemetry.counts.rollup_columns import OUTCOME_COLUMNS
from telemetry.dictionaries.name_cardinality import OTHER
from telemetry.rollups.ended_sql import TABLE
from telemetry.rollups.rollup_sql import OUTCOMES
from telemetry.semconv import OPERATION_EXECUTE_TOOL, UNKNOWN_TOOL, Origin

NO_TOOLS = (UNKNOWN_TOOL, OTHER)
# A transaction that stores takes a moment from when it reads the clock to its commit.
SETTLE = timedelta(seconds=2)
LATE_MOST = timedelta(hours=6)


class Window(NamedTuple):
    """What ended, and was stored, from *start* up to, without, *end*."""

    start: datetime
    end: datetime
    resolution_s: int

    @classmethod
    def before(cls, now: datetime, window_s: int) -> "Window":
        """The last *window_s* seconds of whole, settled steps: at 5 s, they end 2 to 7 s before *now*."""
        resolution_s = resolution_of(window_s)
        settled = int((now - SETTLE).timestamp())
        end = datetime.fromtimestamp(settled - settled % resolution_s, UTC)
        return cls(end - timedelta(seconds=window_s), end, resolution_s)

    @property
    def length(self) -> timedelta:
        return self.end - self.start


class Key(NamedTuple):
    """Whose calls: the words of a series that rules can name."""

    tool: str
    provider: str
    model: str
    origin: str = Origin.OWN
    api_key: str = ""  # the name of the key that reported them; which one tells who may have made up the tool


Calls = Mapping[Key, Tally]
# The calls of a look: those of the window itself (None), and late ones by the start of the window they ended in.
Windowed = Mapping[datetime | None, Calls]

KEY_WORDS = len(Key._fields)
WORDS = ", ".join(f"series.{name}" for name in Key._fields)
SUMS = ", ".join(f"sum({name})" for name in OUTCOMES)
# A sender's clock may be fast: nothing ended after it was stored.
ENDED = "least(ended_at, stored_at)"
ROWS = f"""
FROM {TABLE} JOIN telemetry_series series ON series.id = series_id AND operation = '{OPERATION_EXECUTE_TOOL}'
WHERE resolution_s = %(resolution_s)s AND stored_at >= %(start)s AND stored_at < %(end)s"""
IS_LATE = f"stored_at - {ENDED} >= %(length)s / 2"
LATE_WINDOW = f"date_bin(%(length)s, {ENDED}, TIMESTAMPTZ '2000-01-01 00:00:00+00')"
READ = f"""
SELECT CASE WHEN {IS_LATE} THEN {LATE_WINDOW} END, {WORDS}, max(longest_ms), {SUMS} {ROWS}
    AND CASE WHEN {IS_LATE} THEN stored_at - {ENDED} <= %(late_most)s ELSE {ENDED} >= %(start)s END
GROUP BY 1, {WORDS}"""
COURSE = f"""
SELECT {ENDED}, {WORDS}, max(longest_ms), {SUMS} {ROWS} AND tool = %(tool)s AND {ENDED} >= %(start)s
GROUP BY 1, {WORDS} ORDER BY 1"""


def read_calls(window: Window) -> Windowed:
    """The calls of *window*, and those that came late in it; one query."""
    found: dict[datetime | None, dict[Key, Tally]] = {}
    for late, key, tally in _rows(READ, window, length=window.length, late_most=LATE_MOST):
        found.setdefault(late, {})[key] = tally
    return found


def read_course(tool: str, window: Window) -> list[tuple[datetime, Key, Tally]]:
    """The calls of *tool* that ended and were stored in *window*, step by step of time; one query."""
    return list(_rows(COURSE, window, tool=tool))


def seen_by(rule: Rule, key: Key) -> bool:
    """Whether *rule* looks at the calls of *key*.

    Calls of tools that do not exist are all recorded under one name and always fail, those of names beyond what a
    sender may bring under another; neither is a tool, so a rule for each tool leaves them out.
    """
    tool = key.tool == rule.tool if rule.tool else key.tool not in NO_TOOLS
    words = tool and rule.provider in ("", key.provider) and rule.model in ("", key.model)
    return words and origins.counts(key.tool, key.origin, rule.calls)


def for_tool(rule: Rule, windowed: Windowed, tool: str) -> Windowed:
    """The part of *windowed* that *rule* judges for *tool*."""
    mine = {
        late: {key: tally for key, tally in calls.items() if key.tool == tool and seen_by(rule, key)}
        for late, calls in windowed.items()
    }
    return {late: calls for late, calls in mine.items() if calls}


def late_window(stored_at: datetime, ended_at: datetime, window_s: int) -> datetime | None:
    """As LATE_WINDOW has it in SQL: the window in which a late call ended, None for one in time."""
    length = timedelta(seconds=window_s)
    if stored_at - ended_at < length / 2:
        return None
    epoch = datetime(2000, 1, 1, tzinfo=UTC)
    return epoch + (ended_at - epoch) // length * length


def _rows(query: str, window: Window, **values: Any) -> list[tuple[Any, Key, Tally]]:
    """What *query* finds: a moment, whose calls, and the calls."""
    with connections["default"].cursor() as cursor:
        cursor.execute(query, {**window._asdict(), **values})
        return [
            (moment, Key(*row[:KEY_WORDS]), tally_of(row[KEY_WORDS + 1 :], row[KEY_WORDS]))
            for moment, *row in cursor.fetchall()
        ]


def tally_of(counts: Sequence[int], longest_ms: float) -> Tally:
    """From the columns of outcomes, in their order."""
    return Tally(dict(zip(OUTCOME_COLUMNS.values(), counts, strict=True)), longest_ms=longest_ms)
