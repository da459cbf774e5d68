"""Daily partitions of the span tables: their SQL, and the thin functions that run it.

A day is a UTC day. There is no DEFAULT partition: it would make every new day scan it, and forbid dropping a
day without a lock on all of them.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

TABLES = ("telemetry_span", "telemetry_span_payload")
DAYS_AHEAD = 3
# Clocks differ; a span that says it began later than this is malformed.
FUTURE_ALLOWED = timedelta(hours=1)
# One transaction at a time makes or drops partitions (an arbitrary number, ours among advisory locks).
LOCK_KEY = 7_305_201


def partition_name(table: str, day: date) -> str:
    return f"{table}_{day:%Y%m%d}"


def partition_day(name: str) -> date | None:
    """The day in a partition's *name*; None if it is not one of ours."""
    try:
        return datetime.strptime(name.rpartition("_")[2], "%Y%m%d").date()
    except ValueError:
        return None


def create_sql(table: str, day: date) -> str:
    """Make one day's partition.

    Made apart and then attached: that lets readers and writers of the table go on, ``CREATE … PARTITION OF``
    would not.
    """
    name, after = partition_name(table, day), day + timedelta(days=1)
    return (
        f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL);\n"
        f"ALTER TABLE {table} ATTACH PARTITION {name} "
        f"FOR VALUES FROM ('{day:%F} 00:00:00+00') TO ('{after:%F} 00:00:00+00')"
    )


def drop_sql(table: str, day: date) -> str:
    return f"DROP TABLE IF EXISTS {partition_name(table, day)}"


def allowed(now: datetime) -> tuple[datetime, datetime]:
    """The first and the last moment at which a span may have begun to be stored at *now*."""
    oldest = (now.astimezone(UTC) - timedelta(days=settings.RETENTION_DAYS)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    return oldest, now + FUTURE_ALLOWED


def days_ahead(now: datetime) -> list[date]:
    """Today and the days after it that should have a partition at *now*."""
    today = now.astimezone(UTC).date()
    return [today + timedelta(days=step) for step in range(DAYS_AHEAD + 1)]


def existing_days(connection: BaseDatabaseWrapper, table: str = TABLES[0]) -> set[date]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [table])
        names = [name for (name,) in cursor.fetchall()]
    return {day for name in names if (day := partition_day(name))}


def ensure(connection: BaseDatabaseWrapper, days: Iterable[date]) -> list[date]:
    """Make the partitions of *days* that are missing; returns the days made."""
    wanted = sorted(set(days) - existing_days(connection))
    if not wanted:
        return []
    with _alone(connection):
        missing = [
            (table, day) for table in TABLES for day in wanted if day not in existing_days(connection, table)
        ]
        with connection.cursor() as cursor:
            for table, day in missing:
                cursor.execute(create_sql(table, day))
    return sorted({day for _, day in missing})


def ensure_ahead(connection: BaseDatabaseWrapper, now: datetime | None = None) -> list[date]:
    """Make today's partition and those of the next days."""
    return ensure(connection, days_ahead(now or datetime.now(UTC)))


def drop_before(connection: BaseDatabaseWrapper, oldest: date) -> list[date]:
    """Drop the partitions of days before *oldest*; returns those days."""
    gone: set[date] = set()
    for table in TABLES:
        for day in sorted(existing_days(connection, table)):
            if day < oldest:
                with _alone(connection), connection.cursor() as cursor:
                    cursor.execute(drop_sql(table, day))
                gone.add(day)
    return sorted(gone)


@contextmanager
def _alone(connection: BaseDatabaseWrapper) -> Iterator[None]:
    from django.db import transaction

    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        # Waiting behind a long query must not make everybody else wait behind us.
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])
        yield
