"""Dropping what is too old: whole partitions of spans, rows of rollups."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from telemetry import partitions
from telemetry.models import Recorder, Rollup

# The row that holds the counts of processes that ended long ago.
EARLIER = "earlier"
RECORDER_KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Removed:
    """What one run of retention dropped."""

    days: list[date]
    rollups: int


def apply(now: datetime) -> Removed:
    """Drop spans older than RETENTION_DAYS and rollups older than ROLLUP_RETENTION_DAYS."""
    _merge_recorders(now - RECORDER_KEPT)
    oldest, _ = partitions.allowed(now)
    days = partitions.drop_before(connection, oldest.astimezone(UTC).date())
    rollups, _ = Rollup.objects.filter(bucket__lt=now - timedelta(days=settings.ROLLUP_RETENTION_DAYS)).delete()
    return Removed(days=days, rollups=rollups)


def _merge_recorders(before: datetime) -> None:
    """Put the counts of processes not seen since *before* into one row, so that totals stay and rows go."""
    with transaction.atomic():
        old = list(Recorder.objects.select_for_update().filter(Q(seen_at__lt=before) | Q(process=EARLIER)))
        if not old:
            return
        counts = {name: sum(getattr(row, name) for row in old) for name in ("stored", "dropped", "refused")}
        Recorder.objects.filter(pk__in=[row.pk for row in old]).delete()
        Recorder.objects.create(process=EARLIER, seen_at=before, **counts)
