"""The one SQL by which spans become rollups, used to store, to recompute and to compare.

Text only, no I/O. ``telemetry.counts.histogram`` has the same buckets in Python; a test holds the two together.
"""

from dataclasses import dataclass
from functools import partial

from telemetry.counts import histogram
from telemetry.counts.resolutions import DAY_S, HOUR_S, KEPT_DAYS
from telemetry.counts.rollup_columns import OUTCOME_COLUMNS
from telemetry.semconv import OPERATION_EXECUTE_TOOL

# Quoted, for one of the outcomes is a reserved word of SQL.
OUTCOMES = tuple(f'"{name}"' for name in OUTCOME_COLUMNS)
# A histogram is one number, and a sum of such is the histogram of all (``telemetry.counts.histogram``).
HISTOGRAM = '"durations"'
CALLS = (*OUTCOMES, '"attempts"', '"duration_sum_us"', HISTOGRAM)
SUMS = (
    *("spans", "errors", "attempts", "input_tokens", "output_tokens", "unpriced", "duration_sum_us", "cost_usd"),
    "durations",
)
# What is no sum, with what makes one of a group and one of two.
EXTREMES = {"duration_min_ms": ("min", "least"), "duration_max_ms": ("max", "greatest")}

# Longer than all, and shorter: what changes no extreme.
NOTHING = {"min": "Infinity", "max": "-Infinity"}


@dataclass(frozen=True, slots=True)
class Level:
    """A table of rollups: what a row is of, beside its bucket, what it sums up, and in which steps of time."""

    table: str
    key: tuple[str, ...]
    counts: tuple[str, ...]
    resolutions_s: tuple[int, ...]

    @property
    def primary_key(self) -> tuple[str, ...]:
        return ("resolution_s", "bucket", *self.key)

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.primary_key, *self.counts, *EXTREMES)

    @property
    def is_empty(self) -> str:
        """The condition that a row counts nothing."""
        return " AND ".join(f"{name} = 0" for name in (('"spans"',) if '"spans"' in self.counts else OUTCOMES))

    @property
    def rows(self) -> str:
        """The name of the common table expression with its new rows."""
        return f"rows_by_{self.key[0]}"


# Every word of a span: what rules, filters and costs are read from.
SERIES = Level(
    "telemetry_rollup", ("series_id",), (*OUTCOMES, *(f'"{name}"' for name in SUMS)), (10, 60, HOUR_S, DAY_S)
)
# Tool calls by tool and origin alone: what charts of long periods are read from, as there may be many series.
TOOLS = Level("telemetry_tool_rollup", ("tool", "origin"), CALLS, (600, HOUR_S, 4 * HOUR_S))
LEVELS = (SERIES, TOOLS)
# What a span must bring to be counted.
SPAN_COLUMNS = (
    *("start_time", "series_id", "outcome", "status", "attempts", "duration_ms"),
    *("input_tokens", "output_tokens", "cost_usd"),
)

# width_bucket counts the thresholds at or below a value. Bounds are inclusive above, so both are negated.
_NEGATED_BOUNDS = ", ".join(repr(-bound) for bound in reversed(histogram.BOUNDS_MS))
_BUCKET_NO = f"{histogram.SIZE - 1} - width_bucket(-duration_ms, ARRAY[{_NEGATED_BOUNDS}]::float8[])"
# The histogram of one span, a one in the digits of its bucket. Text is faster than a power of ten.
_DURATIONS = f"('1e' || {histogram.DIGITS} * ({_BUCKET_NO}))::numeric"


def number(condition: str = "", *, signed: bool = False) -> str:
    """How many rows meet *condition*; *signed*: each counts as its column ``sign`` says, 1 or -1."""
    where = f" FILTER (WHERE {condition})" if condition else ""
    return f"coalesce(sum(sign){where}, 0)" if signed else f"count(*){where}"


def total(column: str, condition: str = "", *, signed: bool = False) -> str:
    """The sum of *column* over the rows that meet *condition*; *signed*: as of ``number``."""
    where = f" FILTER (WHERE {condition})" if condition else ""
    return f"coalesce(sum({'sign * ' if signed else ''}{column}){where}, 0)"


def outcomes_of(*, signed: bool = False) -> str:
    """A column of counts for each outcome."""
    found = {
        column: number(f"outcome = '{outcome}'", signed=signed) for column, outcome in OUTCOME_COLUMNS.items()
    }
    return ", ".join(f'{count} AS "{column}"' for column, count in found.items())


def extremes_of(*, signed: bool = False) -> str:
    """The shortest and the longest; *signed*: of what is added, for nobody knows what is left of the rest."""
    if not signed:
        return ", ".join(f"{one}(duration_ms) AS {name}" for name, (one, _) in EXTREMES.items())
    return ", ".join(
        f"coalesce({one}(duration_ms) FILTER (WHERE sign > 0), '{NOTHING[one]}') AS {name}"
        for name, (one, _) in EXTREMES.items()
    )


def rollups_of(spans: str, longest_s: int = DAY_S, *, signed: bool = False) -> str:
    """Common table expressions that end in the ``rows`` of each level: the rollups of the relation *spans*.

    In steps of *longest_s* at most. Steps that are no longer kept for so old a span are left out. *signed*: rows
    with a ``sign`` of -1 are taken out of what they were counted in.
    """
    number_of, total_of = partial(number, signed=signed), partial(total, signed=signed)
    extremes = extremes_of(signed=signed)
    bucket = date_bin("bucket", TOOLS.resolutions_s[0])
    return f"""
counted AS (
    SELECT {date_bin("start_time", 10)} AS bucket, series_id, outcome, status, attempts,
        input_tokens, output_tokens, cost_usd, round(duration_ms * 1000)::bigint AS duration_us,
        duration_ms, {_DURATIONS} AS durations{", sign" if signed else ""}
    FROM {spans}
), fine AS (
    SELECT bucket, series_id, {outcomes_of(signed=signed)}, {number_of()} AS spans,
        {number_of("status = 2")} AS errors, {total_of("attempts", "outcome <> ''")} AS attempts,
        {total_of("input_tokens")} AS input_tokens, {total_of("output_tokens")} AS output_tokens,
        {number_of("cost_usd IS NULL AND coalesce(input_tokens, output_tokens) IS NOT NULL")} AS unpriced,
        {total_of("duration_us")} AS duration_sum_us, {total_of("cost_usd")} AS cost_usd,
        {total_of("durations")} AS durations, {extremes}
    FROM counted GROUP BY bucket, series_id
), fine_tools AS (
    SELECT {bucket} AS bucket, {", ".join(TOOLS.key)}, {_added_up(TOOLS)}
    FROM fine JOIN telemetry_series ON id = series_id WHERE operation = '{OPERATION_EXECUTE_TOOL}'
    GROUP BY 1, {", ".join(TOOLS.key)}
), {_rows(SERIES, "fine", longest_s)}, {_rows(TOOLS, "fine_tools", longest_s)}"""


def upsert(level: Level) -> str:
    """Add the new rows of *level* to the stored ones, in the order of their keys: no two writers deadlock."""
    key = ", ".join(level.primary_key)
    added = [f"{name} = r.{name} + EXCLUDED.{name}" for name in level.counts]
    added += [f"{name} = {of_two}(r.{name}, EXCLUDED.{name})" for name, (_, of_two) in EXTREMES.items()]
    return f"""
INSERT INTO {level.table} AS r ({", ".join(level.columns)})
SELECT {", ".join(level.columns)} FROM {level.rows} ORDER BY {key}
ON CONFLICT ({key}) DO UPDATE
SET {", ".join(added)}"""


def without_empty(level: Level, taken: str) -> str:
    """Delete what counts nothing any more of the rows of *level* out of which the relation *taken* was taken."""
    steps = " UNION ".join(
        f"SELECT {seconds} AS resolution_s, {date_bin('start_time', seconds)} AS bucket, {', '.join(level.key)} "
        f"FROM {taken} taken JOIN telemetry_series ON id = series_id"
        for seconds in level.resolutions_s
    )
    on = " AND ".join(f"r.{name} = t.{name}" for name in level.primary_key)
    return f"DELETE FROM {level.table} r USING ({steps}) t WHERE {on} AND {level.is_empty}"


def from_hours(level: Level) -> str:
    """A common table expression, the ``rows`` of *level* in steps longer than an hour, from its stored hours.

    Of the buckets between the parameters ``start`` and ``end``.
    """
    hours = (
        f"(SELECT * FROM {level.table} WHERE resolution_s = {HOUR_S}"
        " AND bucket >= %(start)s AND bucket < %(end)s) hours"
    )
    longer = [coarser(level, hours, seconds) for seconds in level.resolutions_s if seconds > HOUR_S]
    return f"{level.rows} AS ({' UNION ALL '.join(longer)})"


def is_kept(resolution_s: str = "resolution_s", bucket: str = "bucket") -> str:
    """Whether rollups of so old a *bucket* are kept in that resolution, as ``counts.resolutions`` has it."""
    today = "date_trunc('day', now(), 'UTC')"
    cases = " ".join(
        f"WHEN {seconds} THEN {bucket} >= {today} - interval '{days} days'" for seconds, days in KEPT_DAYS.items()
    )
    return f"CASE {resolution_s} {cases} ELSE true END"


def coarser(level: Level, source: str, seconds: int) -> str:
    """The rows of *source* summed up in steps of *seconds*."""
    key = ", ".join(level.key)
    return f"""
    SELECT {seconds} AS resolution_s, {date_bin("bucket", seconds)} AS bucket, {key}, {_added_up(level)}
    FROM {source} GROUP BY {date_bin("bucket", seconds)}, {key}"""


def _added_up(level: Level) -> str:
    """What *level* says of a group of rows."""
    sums = [f"sum({name}) AS {name}" for name in level.counts]
    return ", ".join([*sums, *(f"{of_group}({name}) AS {name}" for name, (of_group, _) in EXTREMES.items())])


def _rows(level: Level, fine: str, longest_s: int) -> str:
    finest, *longer = level.resolutions_s
    steps = [f"SELECT {finest} AS resolution_s, {', '.join(level.columns[1:])} FROM {fine}"]
    steps += [coarser(level, fine, seconds) for seconds in longer if seconds <= longest_s]
    return f"{level.rows} AS (SELECT * FROM ({' UNION ALL '.join(steps)}) steps WHERE {is_kept()})"


def date_bin(moment: str, seconds: int) -> str:
    """The start of the step of *seconds* in which the SQL expression *moment* lies."""
    return f"date_bin('{seconds} seconds', {moment}, TIMESTAMPTZ '2000-01-01 00:00:00+00')"
