"""Rollups made anew from the spans, and the proof that both agree."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from telemetry import partitions, rollup_sql
from telemetry.rollup_sql import COLUMNS, COUNTS, PRIMARY_KEY

# Writers hold ROW EXCLUSIVE from the start of their statement; this waits for them and keeps new ones out.
LOCK = "LOCK TABLE telemetry_rollup IN SHARE ROW EXCLUSIVE MODE"


@dataclass(frozen=True, slots=True)
class Difference:
    """A rollup row that is not what the spans say; None where one side has no such row."""

    key: dict[str, Any]
    stored: dict[str, Any] | None
    counted: dict[str, Any] | None


def whole_hours(start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The period widened to whole hours, the coarsest rollup, and cut to the days that still have spans."""
    first = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    last = end.astimezone(UTC)
    if last != (floor := last.replace(minute=0, second=0, microsecond=0)):
        last = floor + timedelta(hours=1)
    days = partitions.existing_days(connection)
    oldest = datetime.combine(min(days), datetime.min.time(), UTC) if days else last
    return max(first, oldest), last


def recompute(start: datetime, end: datetime) -> int:
    """Make the rollups of the period anew from its spans; returns how many rows that are.

    Works in whole hours, each in a transaction during which nobody else writes. Periods whose spans have been
    dropped are left as they are.
    """
    start, end = whole_hours(start, end)
    written = 0
    while start < end:
        until = start + timedelta(hours=1)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(LOCK)
            cursor.execute("DELETE FROM telemetry_rollup WHERE bucket >= %s AND bucket < %s", [start, until])
            cursor.execute(f"WITH {_counted()} {rollup_sql.upsert()}", [start, until])
            written += cursor.rowcount
        start = until
    return written


def differences(start: datetime, end: datetime) -> list[Difference]:
    """Every rollup row of the period that is not what its spans say; empty when all is well.

    One statement, and so one snapshot: writers may go on.
    """
    start, end = whole_hours(start, end)
    stored, counted = _columns("s"), _columns("c")
    on = " AND ".join(f"s.{name} = c.{name}" for name in PRIMARY_KEY)
    values = [*COUNTS, "durations"]
    same = " AND ".join(f"s.{name} = c.{name}" for name in values)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {_counted()} SELECT {stored}, {counted} "
            f"FROM (SELECT * FROM telemetry_rollup WHERE bucket >= %s AND bucket < %s) s "
            f"FULL JOIN rolled c ON {on} WHERE ({same}) IS NOT TRUE",
            [start, end, start, end],
        )
        return [_difference(row[: len(COLUMNS)], row[len(COLUMNS) :]) for row in cursor.fetchall()]


def _counted() -> str:
    columns = ", ".join(rollup_sql.SPAN_COLUMNS)
    return (
        f"spans AS (SELECT {columns} FROM telemetry_span WHERE start_time >= %s AND start_time < %s), "
        + rollup_sql.rollups_of("spans")
    )


def _columns(alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in COLUMNS)


def _difference(stored: tuple[Any, ...], counted: tuple[Any, ...]) -> Difference:
    names = [name.strip('"') for name in COLUMNS]
    sides = [dict(zip(names, side, strict=True)) if side[0] is not None else None for side in (stored, counted)]
    known = sides[0] or sides[1] or {}
    return Difference(key={name: known[name] for name in PRIMARY_KEY}, stored=sides[0], counted=sides[1])
