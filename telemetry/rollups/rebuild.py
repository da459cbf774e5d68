"""Rollups, and what rules judge, made anew from the spans, and the proof that both agree.

Steps of up to an hour are compared with the spans, longer ones with the hours. Hours of which sampling deleted
spans (``telemetry.sampling``) are exact from when the spans came, and left as they are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from telemetry.counts.resolutions import HOUR_S, midnight
from telemetry.database import partitions
from telemetry.rollups import ended_calls, ended_sql, rollup_sql
from telemetry.rollups.rollup_sql import HISTOGRAM, LEVELS, SERIES, TOOLS, Level

HOUR = timedelta(hours=1)
# Writers hold ROW EXCLUSIVE from the start of their statement; this waits for them and keeps new ones out.
LOCK = f"LOCK TABLE {SERIES.table}, {TOOLS.table}, {ended_sql.TABLE} IN SHARE ROW EXCLUSIVE MODE"
# The hours of which spans were deleted, or are being.
THINNED = "SELECT hour FROM sampling_thinnedhour WHERE removed > 0 OR ended_at IS NULL"
SPANS = f"""spans AS (
    SELECT {", ".join(rollup_sql.SPAN_COLUMNS)} FROM telemetry_span
    WHERE start_time >= %(start)s AND start_time < %(end)s
        AND date_trunc('hour', start_time, 'UTC') NOT IN ({THINNED})
)"""
COUNTED = f"{SPANS}, {rollup_sql.rollups_of('spans', HOUR_S)}"
IN_PERIOD = "bucket >= %(start)s AND bucket < %(end)s"
SHORT = (
    f"resolution_s <= {HOUR_S} AND date_trunc('hour', bucket, 'UTC') NOT IN ({THINNED}) AND {rollup_sql.is_kept()}"
)
LONG = f"resolution_s > {HOUR_S}"
# A call that is taken out of a row takes its count along, but the row's shortest and longest may still be its own:
# they have to hold all, not to be reached. What was counted in the wide buckets of before migration 0010, whose
# longest is infinite, cannot be compared with the spans.
SAME_LATENCY = (
    "s.duration_min_ms <= c.duration_min_ms AND s.duration_max_ms >= c.duration_max_ms"
    f" AND (s.{HISTOGRAM} = c.{HISTOGRAM} OR s.duration_max_ms = 'Infinity')"
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A rollup row that is not what the spans say; None where one side has no such row."""

    table: str
    key: dict[str, Any]
    stored: dict[str, Any] | None
    counted: dict[str, Any] | None


def whole_hours(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The period widened to whole hours and cut to the days that still have spans."""
    first = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    last = end.astimezone(UTC)
    if last != (floor := last.replace(minute=0, second=0, microsecond=0)):
        last = floor + HOUR
    days = partitions.existing_days(connection)
    oldest = datetime.combine(min(days), datetime.min.time(), UTC) if days else last
    return max(first, oldest), last


def thinned_hours(start: datetime, end: datetime) -> list[datetime]:
    """The hours of the period of which sampling deleted spans: their rollups cannot be made from the rest."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{THINNED} INTERSECT SELECT generate_series(%s, %s, interval '1 hour')", [start, end - HOUR]
        )
        return sorted(hour for (hour,) in cursor.fetchall())


def recompute(start: datetime, end: datetime) -> int:
    """Make the rollups of the period anew from its spans; returns how many rows that are.

    Works in whole hours, each in a transaction during which nobody else writes, and at last on the days that they
    are of. Periods whose spans have been dropped or thinned are left as they are.
    """
    start, end = whole_hours(start, end)
    hours = list(_steps(start, end, HOUR))
    days = list(_steps(midnight(start), end, timedelta(days=1))) if hours else []
    return sum(_remake(hour, hour + HOUR, SHORT) for hour in hours) + sum(
        _remake(day, day + timedelta(days=1), LONG) for day in days
    )


def _remake(start: datetime, end: datetime, steps: str) -> int:
    """Replace the rows of *steps* (a condition) that lie in the period."""
    written = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK)
        if steps is SHORT:
            written += ended_calls.remake(start, end)
        for level in LEVELS:
            made = COUNTED if steps is SHORT else rollup_sql.from_hours(level)
            bounds = {"start": start, "end": end}
            cursor.execute(f"DELETE FROM {level.table} WHERE {IN_PERIOD} AND {steps}", bounds)
            cursor.execute(f"WITH {made} {rollup_sql.upsert(level)}", bounds)
            written += cursor.rowcount
    return written


def differences(start: datetime, end: datetime) -> list[Difference]:
    """Every rollup row of the period that is not what its spans say; empty when all is well.

    One statement for each table and kind of step, and so one snapshot: writers may go on.
    """
    start, end = whole_hours(start, end)
    if start >= end:
        return []
    days = midnight(start), midnight(end - HOUR) + timedelta(days=1)
    judged = [
        _difference(ended_sql.TABLE, ended_sql.COUNTED, stored, counted)
        for stored, counted in ended_calls.differences(start, end)
    ]
    return judged + [
        difference
        for level in LEVELS
        for made, steps, (first, last) in (
            (COUNTED, SHORT, (start, end)),
            (rollup_sql.from_hours(level), LONG, days),
        )
        for difference in _compared(level, made, steps, first, last)
    ]


def _compared(level: Level, made: str, steps: str, start: datetime, end: datetime) -> Iterator[Difference]:
    stored, counted = (", ".join(f"{alias}.{name}" for name in level.columns) for alias in "sc")
    on = " AND ".join(f"s.{name} = c.{name}" for name in level.primary_key)
    same = " AND ".join([*(f"s.{name} = c.{name}" for name in level.counts if name != HISTOGRAM), SAME_LATENCY])
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {made} SELECT {stored}, {counted} "
            f"FROM (SELECT * FROM {level.table} WHERE {IN_PERIOD} AND {steps}) s "
            f"FULL JOIN {level.rows} c ON {on} WHERE ({same}) IS NOT TRUE",
            {"start": start, "end": end},
        )
        rows = cursor.fetchall()
    names = [name.strip('"') for name in level.columns]
    for row in rows:
        sides = [
            dict(zip(names, side, strict=True)) if side[0] is not None else None
            for side in (row[: len(names)], row[len(names) :])
        ]
        yield _difference(level.table, level.primary_key, *sides)


def _difference(
    table: str, key: Sequence[str], stored: dict[str, Any] | None, counted: dict[str, Any] | None
) -> Difference:
    known = stored or counted or {}
    return Difference(table, {name: known[name] for name in key}, stored=stored, counted=counted)


def _steps(start: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    while start < end:
        yield start
        start += step
