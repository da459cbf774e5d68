"""The one SQL by which spans become what rules judge: tool calls by when they ended and when they were stored.

A rule asks what had ended, and what was known of it, at the moment of a look: rollups cannot tell, for there a
call counts where it began, whenever it came. Text only, no I/O.
"""

from telemetry.counts.resolutions import DAY_S
from telemetry.rollups.rollup_sql import OUTCOMES, date_bin, is_kept, outcomes_of

TABLE = "telemetry_ended"
# A window of up to an hour is read in the fine steps, a longer one in minutes: twelve times fewer rows.
STEPS_S = (5, 60)
# What runs for longer is not judged: to find it again a rebuild would have to look through all older days.
LONGEST_MS = DAY_S * 1000
KEY = ("resolution_s", "stored_at", "ended_at", "series_id")
COUNTED = ("resolution_s", "ended_at", "series_id")
COLUMNS = (*KEY, *OUTCOMES, "longest_ms")


def fine_of(spans: str, *, signed: bool = False) -> str:
    """A common table expression, ``ended_fine``: the tool calls of the relation *spans* in the finest step.

    *signed*: rows count by their ``sign``, each at its own ``stored_at``. How long the longest took is never taken
    back: it is a bound.
    """
    ended_at = date_bin("start_time + duration_ms * interval '1 ms'", STEPS_S[0])
    stored_at = f"{date_bin('stored_at', STEPS_S[0])} AS stored_at, " if signed else ""
    moments, known = ("1, 2", " AND stored_at IS NOT NULL") if signed else ("1", "")
    longest_ms = "coalesce(max(duration_ms) FILTER (WHERE sign > 0), 0)" if signed else "max(duration_ms)"
    return f"""
ended_fine AS (
    SELECT {stored_at}{ended_at} AS ended_at, series_id, {outcomes_of(signed=signed)}, {longest_ms} AS longest_ms
    FROM {spans} WHERE outcome <> '' AND duration_ms <= {LONGEST_MS}{known}
    GROUP BY {moments}, series_id
)"""


def steps(source: str = "ended_fine", moments: tuple[str, ...] = ("ended_at",)) -> str:
    """The rows of *source* in each of the steps that are kept; they are apart by *moments* and series."""
    sums = ", ".join(f"sum({name})::integer AS {name}" for name in OUTCOMES)
    parts = []
    for seconds in STEPS_S:
        bins = [date_bin(moment, seconds) for moment in moments]
        named = ", ".join(f"{bin} AS {moment}" for bin, moment in zip(bins, moments, strict=True))
        parts.append(
            f"SELECT {seconds} AS resolution_s, {named}, series_id, {sums}, max(longest_ms) AS longest_ms "
            f"FROM {source} GROUP BY {', '.join(bins)}, series_id"
        )
    kept = is_kept(bucket="ended_at")
    columns = ", ".join((*moments, "series_id"))
    return (
        f"SELECT resolution_s, {columns}, {_names()}, longest_ms FROM ({' UNION ALL '.join(parts)}) s WHERE {kept}"
    )


def upsert(stored_at: str = "") -> str:
    """Add ``ended_fine``, stored at the moment that the expression *stored_at* is, in the order of the keys.

    Without *stored_at* the rows say it themselves.
    """
    if stored_at:
        cases = " ".join(f"WHEN {seconds} THEN {date_bin(stored_at, seconds)}" for seconds in STEPS_S)
        moment, rows = f"CASE resolution_s {cases} END AS stored_at", steps()
    else:
        moment, rows = "stored_at", steps(moments=("stored_at", "ended_at"))
    counts = ", ".join(f"{name} = e.{name} + EXCLUDED.{name}" for name in OUTCOMES)
    return f"""
INSERT INTO {TABLE} AS e ({", ".join(COLUMNS)})
SELECT resolution_s, {moment}, ended_at, series_id, {_names()}, longest_ms
FROM ({rows}) rows ORDER BY {", ".join(KEY)}
ON CONFLICT ({", ".join(KEY)}) DO UPDATE
SET {counts}, longest_ms = greatest(e.longest_ms, EXCLUDED.longest_ms)"""


def without_empty(taken: str) -> str:
    """Delete what counts nothing any more of the rows out of which the relation *taken* was taken."""
    ended_at = "start_time + duration_ms * interval '1 ms'"
    parts = " UNION ".join(
        f"SELECT {seconds} AS resolution_s, {date_bin('stored_at', seconds)} AS stored_at, "
        f"{date_bin(ended_at, seconds)} AS ended_at, series_id FROM {taken} taken"
        for seconds in STEPS_S
    )
    on = " AND ".join(f"e.{name} = t.{name}" for name in KEY)
    empty = " AND ".join(f"{name} = 0" for name in OUTCOMES)
    return f"DELETE FROM {TABLE} e USING ({parts}) t WHERE {on} AND {empty}"


def _names() -> str:
    return ", ".join(OUTCOMES)
