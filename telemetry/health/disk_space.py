"""What the store takes on the disk, day by day, and how long there is room."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import mean

from django.conf import settings
from django.db import connection
from django.db.models import Count, Sum
from django.db.models.functions import TruncDate

from telemetry.counts.resolutions import DAY_S
from telemetry.database import partitions
from telemetry.models import Rollup
from telemetry.sampling.models import ThinnedHour

# The growth of a day is the mean of so many whole ones.
MEASURED_DAYS = 7
SIZES = """
SELECT parent.relname, child.relname,
    coalesce(pg_table_size(child.oid), 0), coalesce(pg_indexes_size(child.oid), 0)
FROM pg_inherits JOIN pg_class parent ON parent.oid = inhparent JOIN pg_class child ON child.oid = inhrelid
WHERE inhparent = ANY (%s::regclass[])"""


@dataclass(slots=True)
class Day:
    """One day's partitions: spans there are, spans that sampling deleted, hours it went through, and bytes."""

    day: date
    spans: int = 0
    deleted: int = 0
    thinned_hours: int = 0
    table_bytes: int = 0
    index_bytes: int = 0
    payload_bytes: int = 0

    @property
    def span_bytes(self) -> int:
        return self.table_bytes + self.index_bytes

    @property
    def bytes_a_span(self) -> float | None:
        """Without payloads, with all indexes; None without spans."""
        return self.span_bytes / self.spans if self.spans else None


@dataclass(frozen=True, slots=True)
class Forecast:
    """How the store goes on growing at the pace of the last days, in bytes and days.

    ``a_day`` None: there is no whole day yet to measure. ``days_left`` None: there is room for all that will be
    kept, or nobody knows. ``measured``: so many whole days ``a_day`` is the mean of.
    """

    now: int
    a_day: float | None = None
    at_most: float | None = None
    days_left: float | None = None
    measured: int = 0


def days() -> list[Day]:
    """All days that have partitions, newest first, those made ahead included. Three queries."""
    found: dict[date, Day] = {}
    with connection.cursor() as cursor:
        cursor.execute(SIZES, [list(partitions.TABLES)])
        for table, name, heap, indexes in cursor.fetchall():
            if day := partitions.partition_day(name):
                _add_sizes(found.setdefault(day, Day(day)), table, heap, indexes)
    counted = Rollup.objects.at(DAY_S).annotate(day=TruncDate("bucket")).order_by().values_list("day")
    for day, spans in counted.annotate(Sum("spans")):
        if day in found:
            found[day].spans = spans
    hours = ThinnedHour.objects.filter(ended_at__isnull=False).annotate(day=TruncDate("hour")).values_list("day")
    for day, count, deleted in hours.annotate(Count("hour"), Sum("removed")):
        if day in found:
            found[day].thinned_hours, found[day].deleted = count, deleted
            found[day].spans -= deleted
    return sorted(found.values(), key=lambda each: each.day, reverse=True)


def _add_sizes(day: Day, table: str, heap: int, indexes: int) -> None:
    if table == partitions.SPANS:
        day.table_bytes, day.index_bytes = heap, indexes
    else:
        day.payload_bytes = heap + indexes


def free_bytes() -> int | None:
    """The room on the disk that Postgres writes to; None where it runs elsewhere or does not tell where."""
    if not str(connection.settings_dict["HOST"]).startswith("/"):
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT setting FROM pg_settings WHERE name = 'data_directory'")
        row = cursor.fetchone()
    try:
        return shutil.disk_usage(row[0]).free if row else None
    except OSError:
        return None


def forecast(found: Sequence[Day], today: date, free: int | None) -> Forecast:
    """What *found* will grow to once each day that is kept is as large as the last. Pure but for the settings."""
    now = sum(day.span_bytes + day.payload_bytes for day in found)
    whole = [day for day in found if day.day < today and day.spans][:MEASURED_DAYS]
    if not whole:
        return Forecast(now)
    spans, payloads = mean(day.span_bytes for day in whole), mean(day.payload_bytes for day in whole)
    # Today counts as one day more.
    at_most = spans * (settings.RETENTION_DAYS + 1) + payloads * (settings.PAYLOAD_RETENTION_DAYS + 1)
    a_day = spans + payloads
    lasts = free is None or at_most - now <= free
    days_left = None if lasts or free is None else free / a_day
    return Forecast(now, a_day, max(at_most, now), days_left, len(whole))
