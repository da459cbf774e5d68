"""Counts of errors made anew from the spans, and the proof that both agree."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from telemetry.counts import resolutions
from telemetry.errors import grouping, sql
from telemetry.models import Span
from telemetry.rollups.rebuild import whole_hours

# Every writer of spans takes ROW EXCLUSIVE on it before its statement begins, so this one lock keeps them out.
LOCK = "LOCK TABLE telemetry_error_count IN SHARE ROW EXCLUSIVE MODE"
TABLES = {
    "telemetry_error_count": (sql.COUNT_KEY, "error_counts"),
    "telemetry_violation": (sql.VIOLATION_KEY, "violation_counts"),
}
HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Difference:
    """A count that is not what the spans say; None where one side has no such row."""

    table: str
    key: tuple[Any, ...]
    stored: int | None
    counted: int | None


def recompute(start: datetime, end: datetime) -> int:
    """Make the counts of the period anew from its spans, and groups that are missing; returns how many counts.

    Works in whole hours, each in a transaction during which nobody else writes. What people decided about a group
    stays. Periods whose spans have been dropped are left as they are.
    """
    start, end = whole_hours(start, end)
    written = 0
    while start < end:
        until = start + timedelta(hours=1)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(LOCK)
            written += _recount(cursor, start, until)
        start = until
    return written


def differences(start: datetime, end: datetime, now: datetime | None = None) -> list[Difference]:
    """Every count of the period that is not what its spans say; empty when all is well. Writers may go on."""
    start, end = whole_hours(start, end)
    oldest_minute = resolutions.floor(60, now or timezone.now())
    with connection.cursor() as cursor:
        found = [each for table in TABLES for each in _differences(cursor, table, start, end, oldest_minute)]
        return [*found, *_group_differences(cursor, resolutions.floor(HOUR_S, now or timezone.now()))]


def _recount(cursor: CursorWrapper, start: datetime, until: datetime) -> int:
    cursor.execute(
        "WITH before AS (SELECT fingerprint, sum(count) AS count FROM telemetry_error_count "
        "WHERE resolution_s = 3600 AND bucket >= %s AND bucket < %s GROUP BY fingerprint) "
        "UPDATE telemetry_error_group g SET count = g.count - before.count FROM before "
        "WHERE g.fingerprint = before.fingerprint",
        [start, until],
    )
    for table in TABLES:
        cursor.execute(f"DELETE FROM {table} WHERE bucket >= %s AND bucket < %s", [start, until])
    cursor.execute(
        f"WITH {_counted()}, {sql.upserts()} "
        "SELECT (SELECT count(*) FROM error_counts) + (SELECT count(*) FROM violation_counts)",
        [start, until, *_described(start, until)],
    )
    return int(cursor.fetchone()[0])


def _described(start: datetime, until: datetime) -> list[list[Any]]:
    failed = Span.objects.started_between(start, until).filter(fingerprint__isnull=False)
    return grouping.described(
        list(failed.in_brief().order_by("fingerprint", "start_time").distinct("fingerprint"))
    )


def _differences(
    cursor: CursorWrapper, table: str, start: datetime, end: datetime, oldest_minute: datetime
) -> list[Difference]:
    key, counts = TABLES[table]
    kept = "(resolution_s = 3600 OR bucket >= %s)"
    cursor.execute(
        f"WITH {_counted()} SELECT {', '.join(key)}, s.count, c.count "
        f"FROM (SELECT * FROM {table} WHERE bucket >= %s AND bucket < %s AND {kept}) s "
        f"FULL JOIN (SELECT * FROM {counts} WHERE {kept}) c USING ({', '.join(key)}) "
        "WHERE (s.count = c.count) IS NOT TRUE",
        [start, end, start, end, oldest_minute, oldest_minute],
    )
    return [Difference(table, row[:-2], row[-2], row[-1]) for row in cursor.fetchall()]


def _group_differences(cursor: CursorWrapper, oldest: datetime) -> list[Difference]:
    """Groups whose total is not that of their hours, of those whose first hour is still kept."""
    cursor.execute(
        "SELECT g.fingerprint, g.count, c.count FROM telemetry_error_group g LEFT JOIN "
        "(SELECT fingerprint, sum(count) AS count FROM telemetry_error_count WHERE resolution_s = 3600 "
        "GROUP BY fingerprint) c USING (fingerprint) "
        "WHERE g.first_seen >= %s AND g.count <> coalesce(c.count, 0)",
        [oldest],
    )
    return [Difference("telemetry_error_group", row[:1], row[1], row[2]) for row in cursor.fetchall()]


def _counted() -> str:
    columns = ", ".join(sql.SPAN_COLUMNS)
    return (
        f"spans AS (SELECT {columns} FROM telemetry_span WHERE start_time >= %s AND start_time < %s), "
        + sql.counts_of("spans")
    )
