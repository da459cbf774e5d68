"""Dropping what is too old: whole days of spans and of payloads, rows of rollups."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Max, Q

from telemetry.counts import resolutions
from telemetry.database import partitions
from telemetry.errors import retention as errors
from telemetry.models import IngestMinute, Recorder, Witness
from telemetry.rollups import ended_sql
from telemetry.rollups.rollup_sql import LEVELS
from telemetry.sampling.models import RemovedSpans, ThinnedHour

# The row that holds the counts of processes that ended long ago.
EARLIER = "earlier"
RECORDER_KEPT = timedelta(days=7)
MINUTES_KEPT = timedelta(days=14)
# As long as calls can be judged: a span of the same call that comes later counts as a call of its own.
WITNESSES_KEPT = timedelta(days=14)
# A day that is being read is tried so often, with so long a rest between, and else an hour later.
DROP_ATTEMPTS, REST_S = 3, 2.0
# Rows of rollups go in small transactions, for so long a run; the next goes on where this one stopped.
CHUNK_ROWS, ROLLUPS_S = 10_000, 60.0
DELETE_ROLLUPS = """
DELETE FROM {table} WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM {table} WHERE resolution_s = %s AND {moment} < %s LIMIT %s FOR UPDATE SKIP LOCKED))"""


@dataclass(slots=True)
class Removed:
    """What one run of retention dropped: days of spans and of payloads, and rows of rollups and of errors.

    ``postponed`` are partitions in use, and ``unfinished`` says that time ran out: both are for the next run.
    """

    days: list[date] = field(default_factory=list)
    payload_days: list[date] = field(default_factory=list)
    rollups: int = 0
    errors: int = 0
    postponed: list[str] = field(default_factory=list)
    unfinished: bool = False


def apply(
    now: datetime,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Removed:
    """Drop what is older at *now* than its kind is kept; whatever was missed before goes too."""
    _merge_recorders(now - RECORDER_KEPT)
    _drop_minutes(now - MINUTES_KEPT)
    oldest, _ = partitions.allowed(now)
    ThinnedHour.objects.filter(hour__lt=oldest).delete()
    RemovedSpans.objects.filter(hour__lt=oldest).delete()
    Witness.objects.filter(start_time__lt=now - WITNESSES_KEPT).delete()
    removed = Removed()
    removed.days = _drop_days(partitions.SPANS, now, removed.postponed, sleep)
    removed.payload_days = _drop_days(partitions.PAYLOADS, now, removed.postponed, sleep)
    _drop_rollups(now, removed, clock)
    removed.errors = errors.forget(now)
    return removed


def _drop_minutes(before: datetime) -> None:
    """All but one of the minutes *before*: that one says that something was stored so long ago."""
    old = IngestMinute.objects.filter(minute__lt=before)
    if last := old.aggregate(last=Max("minute"))["last"]:
        old.filter(minute__lt=last).delete()


def _drop_days(table: str, now: datetime, postponed: list[str], sleep: Callable[[float], None]) -> list[date]:
    """Drop the days of *table* that are too old; returns them, and adds those that are in use to *postponed*."""
    oldest = partitions.oldest_day(table, now)
    days = sorted(day for day in partitions.existing_days(connection, table) if day < oldest)
    dropped = [day for day in days if _drop(table, day, sleep)]
    postponed += [partitions.partition_name(table, day) for day in days if day not in dropped]
    return dropped


def _drop(table: str, day: date, sleep: Callable[[float], None]) -> bool:
    for attempt in range(DROP_ATTEMPTS):
        if attempt:
            sleep(REST_S)
        if partitions.drop(connection, table, day):
            return True
    return False


def _drop_rollups(now: datetime, removed: Removed, clock: Callable[[], float]) -> None:
    until = clock() + ROLLUPS_S
    steps = [(level.table, "bucket", step_s) for level in LEVELS for step_s in level.resolutions_s]
    steps += [(ended_sql.TABLE, "stored_at", step_s) for step_s in ended_sql.STEPS_S]
    for table, moment, resolution_s in steps:
        deleted = CHUNK_ROWS
        while deleted == CHUNK_ROWS:
            if clock() > until:
                removed.unfinished = True
                return
            with connection.cursor() as cursor:
                cursor.execute(
                    DELETE_ROLLUPS.format(table=table, moment=moment),
                    [resolution_s, resolutions.floor(resolution_s, now), CHUNK_ROWS],
                )
                deleted = cursor.rowcount
            removed.rollups += deleted


def _merge_recorders(before: datetime) -> None:
    """Put the counts of processes not seen since *before* into one row, so that totals stay and rows go."""
    with transaction.atomic():
        old = list(Recorder.objects.select_for_update().filter(Q(seen_at__lt=before) | Q(process=EARLIER)))
        if not old:
            return
        counts = {
            name: sum(getattr(row, name) for row in old)
            for name in ("stored", "late", "dropped", "refused", "forwarded", "forward_dropped")
        }
        Recorder.objects.filter(pk__in=[row.pk for row in old]).delete()
        Recorder.objects.create(process=EARLIER, seen_at=before, **counts)
