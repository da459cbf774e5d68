"""What rules judge, made anew from the spans, and the proof that both agree: with ``telemetry.rollups.rebuild``.

Spans do not say when they were stored. So what is right stays as it is, and what is made anew counts as if it had
been stored when it ended. Hours are left out in which calls may have ended whose spans sampling deleted.
"""

from datetime import datetime
from typing import Any

from django.db import connection

from telemetry.counts.resolutions import HOUR_S
from telemetry.rollups import ended_sql
from telemetry.rollups.ended_sql import COUNTED, KEY, STEPS_S, TABLE
from telemetry.rollups.rollup_sql import OUTCOMES, date_bin, is_kept

COUNTS = (*OUTCOMES, "longest_ms")
ENDED_AT = "start_time + duration_ms * interval '1 ms'"
LONGEST = f"interval '{ended_sql.LONGEST_MS} ms'"
# The hours of which spans were deleted, or are being; a call may end as long after its hour as calls take.
WHOLE = f"""NOT EXISTS (
    SELECT FROM sampling_thinnedhour t WHERE (t.removed > 0 OR t.ended_at IS NULL)
        AND t.hour > s.ended_at - {LONGEST} - interval '{HOUR_S} s' AND t.hour <= s.ended_at)"""
IN_PERIOD = "ended_at >= %(start)s AND ended_at < %(end)s"
BOTH = f"""
WITH spans AS (
    SELECT start_time, duration_ms, series_id, outcome FROM telemetry_span
    WHERE start_time >= %(start)s::timestamptz - {LONGEST} AND start_time < %(end)s
        AND {date_bin(ENDED_AT, STEPS_S[0])} >= %(start)s AND {date_bin(ENDED_AT, STEPS_S[0])} < %(end)s
), {ended_sql.fine_of("spans")}, counted AS (
    SELECT * FROM ({ended_sql.steps()}) s WHERE {WHOLE}
), stored AS (
    SELECT {", ".join(COUNTED)}, {", ".join(f"sum({name})::integer AS {name}" for name in OUTCOMES)},
        max(longest_ms) AS longest_ms
    FROM {TABLE} s WHERE {IN_PERIOD} AND {is_kept(bucket="ended_at")} AND {WHOLE}
    GROUP BY {", ".join(COUNTED)}
)"""
ON = " AND ".join(f"s.{name} = c.{name}" for name in COUNTED)
# The longest is a bound: of a call that was corrected since (telemetry/witnesses/) it is not taken back.
SAME = [*(f"s.{name} = c.{name}" for name in OUTCOMES), "s.longest_ms >= c.longest_ms"]
DIFFERENT = f"({' AND '.join(SAME)}) IS NOT TRUE"
COMPARE = f"""{BOTH}
SELECT {", ".join(f"{side}.{name}" for side in "sc" for name in (*COUNTED, *COUNTS))}
FROM stored s FULL JOIN counted c ON {ON} WHERE {DIFFERENT}"""
TAKE_OUT = f"""{BOTH}
DELETE FROM {TABLE} e USING (SELECT s.* FROM stored s LEFT JOIN counted c ON {ON} WHERE {DIFFERENT}) s
WHERE {" AND ".join(f"e.{name} = s.{name}" for name in COUNTED)}"""
PUT_IN = f"""{BOTH}
INSERT INTO {TABLE} ({", ".join(KEY)}, {", ".join(COUNTS)})
SELECT resolution_s, ended_at, ended_at, series_id, {", ".join(COUNTS)} FROM counted c
WHERE NOT EXISTS (SELECT FROM {TABLE} s WHERE {ON})"""

Row = dict[str, Any]


def remake(start: datetime, end: datetime) -> int:
    """Put right what ended in the period, in the transaction that is open; returns how many rows were made."""
    bounds = {"start": start, "end": end}
    with connection.cursor() as cursor:
        cursor.execute(TAKE_OUT, bounds)
        cursor.execute(PUT_IN, bounds)
        return int(cursor.rowcount)


def differences(start: datetime, end: datetime) -> list[tuple[Row | None, Row | None]]:
    """(stored, counted) wherever the two differ in the period; None where one side has no such row."""
    with connection.cursor() as cursor:
        cursor.execute(COMPARE, {"start": start, "end": end})
        rows = cursor.fetchall()
    names = [name.strip('"') for name in (*COUNTED, *COUNTS)]
    half = len(names)
    return [(_side(names, row[:half]), _side(names, row[half:])) for row in rows]


def _side(names: list[str], values: tuple[Any, ...]) -> Row | None:
    return dict(zip(names, values, strict=True)) if values[0] is not None else None
