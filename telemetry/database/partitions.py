"""Daily partitions of the span tables: their SQL, and the thin functions that run it.

A day is a UTC day. There is no DEFAULT partition: it would make every new day scan it, and forbid dropping a
day without a lock on all of them.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.errors import LockNotAvailable

SPANS, PAYLOADS = TABLES = ("telemetry_span", "telemetry_span_payload")
DAYS_AHEAD = 3
# Clocks differ; a span that says it began later than this is malformed.
FUTURE_ALLOWED = timedelta(hours=1)
# One transaction at a time makes or drops partitions (an arbitrary number, ours among advisory locks).
LOCK_KEY = 7_305_201
# Waiting behind a long query must not make everybody else wait behind us for longer than this.
LOCK_TIMEOUT = "1s"


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
    return datetime.combine(oldest_day(SPANS, now), datetime.min.time(), UTC), now + FUTURE_ALLOWED


def oldest_day(table: str, now: datetime) -> date:
    """The first day that *table* keeps at *now*."""
    kept = settings.RETENTION_DAYS if table == SPANS else settings.PAYLOAD_RETENTION_DAYS
    return now.astimezone(UTC).date() - timedelta(days=kept)


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
    wanted = _missing(connection, set(days))
    if not wanted:
        return []
    with _alone(connection):
        # Another process may have made them while we waited.
        missing = _missing(connection, {day for _, day in wanted})
        with connection.cursor() as cursor:
            for table, day in missing:
                cursor.execute(create_sql(table, day))
    return sorted({day for _, day in missing})


def _missing(connection: BaseDatabaseWrapper, days: set[date]) -> list[tuple[str, date]]:
    with connection.cursor() as cursor:
        names = [partition_name(table, day) for table in TABLES for day in days]
        # Not to_regclass: it may remember that a table was missing before another process made it.
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname = ANY(%s) AND pg_table_is_visible(oid)", [names]
        )
        gone = set(names) - {name for (name,) in cursor.fetchall()}
    return [(table, day) for table in TABLES for day in sorted(days) if partition_name(table, day) in gone]


def ensure_ahead(connection: BaseDatabaseWrapper, now: datetime | None = None) -> list[date]:
    """Make today's partition and those of the next days."""
    return ensure(connection, days_ahead(now or datetime.now(UTC)))


def drop(connection: BaseDatabaseWrapper, table: str, day: date) -> bool:
    """Drop one day's partition; False if something that reads or writes the table did not let go of it in time."""
    try:
        with _alone(connection), connection.cursor() as cursor:
            cursor.execute(drop_sql(table, day))
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            return False
        raise
    return True


@contextmanager
def _alone(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """In a transaction in which nobody else makes or drops a partition, and no lock is waited for long.

    The patience is this block's own: a transaction around it has its own back, in which the setting would stay.
    """
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        (before,) = cursor.fetchone()
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])
        yield
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [before])
