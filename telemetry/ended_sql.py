"""The one SQL by which spans become what rules judge: tool calls by when they ended and when they were stored.

A rule asks what had ended, and what was known of it, at the moment of a look: rollups cannot tell, for there a
call counts where it began, whenever it came. Text only, no I/O.
"""

from telemetry.querysets import OUTCOME_COLUMNS
from telemetry.resolutions import DAY_S
from telemetry.rollup_sql import OUTCOMES, date_bin, is_kept

TABLE = "telemetry_ended"
# A window of up to an hour is read in the fine steps, a longer one in minutes: twelve times fewer rows.
STEPS_S = (5, 60)
# What runs for longer is not judged: to find it again a rebuild would have to look through all older days.
LONGEST_MS = DAY_S * 1000
KEY = ("resolution_s", "stored_at", "ended_at", "series_id")
COUNTED = ("resolution_s", "ended_at", "series_id")
COLUMNS = (*KEY, *OUTCOMES, "longest_ms")


def fine_of(spans: str) -> str:
    """A common table expression, ``ended_fine``: the tool calls of the relation *spans* in the finest step."""
    outcomes = ", ".join(
        f"count(*) FILTER (WHERE outcome = '{outcome}') AS \"{column}\""
        for column, outcome in OUTCOME_COLUMNS.items()
    )
    ended_at = date_bin("start_time + duration_ms * interval '1 ms'", STEPS_S[0])
    return f"""
ended_fine AS (
    SELECT {ended_at} AS ended_at, series_id, {outcomes}, max(duration_ms) AS longest_ms
    FROM {spans} WHERE outcome <> '' AND duration_ms <= {LONGEST_MS} GROUP BY 1, series_id
)"""


def steps(source: str = "ended_fine") -> str:
    """The rows of *source*, which are of one moment of storing, in each of the steps that are kept."""
    columns = ", ".join(COUNTED[1:])
    sums = ", ".join(f"sum({name})::integer AS {name}" for name in OUTCOMES)
    parts = [
        f"SELECT {seconds} AS resolution_s, {date_bin('ended_at', seconds)} AS ended_at, series_id, {sums}, "
        f"max(longest_ms) AS longest_ms FROM {source} GROUP BY {date_bin('ended_at', seconds)}, series_id"
        for seconds in STEPS_S
    ]
    kept = is_kept(bucket="ended_at")
    return (
        f"SELECT resolution_s, {columns}, {_names()}, longest_ms FROM ({' UNION ALL '.join(parts)}) s WHERE {kept}"
    )


def upsert(stored_at: str) -> str:
    """Add ``ended_fine``, stored at the moment that the expression *stored_at* is, in the order of the keys."""
    stored = " ".join(f"WHEN {seconds} THEN {date_bin(stored_at, seconds)}" for seconds in STEPS_S)
    counts = ", ".join(f"{name} = e.{name} + EXCLUDED.{name}" for name in OUTCOMES)
    return f"""
INSERT INTO {TABLE} AS e ({", ".join(COLUMNS)})
SELECT resolution_s, CASE resolution_s {stored} END AS stored_at, ended_at, series_id, {_names()}, longest_ms
FROM ({steps()}) rows ORDER BY {", ".join(KEY)}
ON CONFLICT ({", ".join(KEY)}) DO UPDATE
SET {counts}, longest_ms = greatest(e.longest_ms, EXCLUDED.longest_ms)"""


def _names() -> str:
    return ", ".join(OUTCOMES)
