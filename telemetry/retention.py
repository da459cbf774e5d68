"""Dropping what is too old: whole partitions of spans, rows of rollups."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import connection

from telemetry import partitions
from telemetry.models import Rollup


@dataclass(frozen=True, slots=True)
class Removed:
    """What one run of retention dropped."""

    days: list[date]
    rollups: int


def apply(now: datetime) -> Removed:
    """Drop spans older than RETENTION_DAYS and rollups older than ROLLUP_RETENTION_DAYS."""
    oldest, _ = partitions.allowed(now)
    days = partitions.drop_before(connection, oldest.astimezone(UTC).date())
    rollups, _ = Rollup.objects.filter(bucket__lt=now - timedelta(days=settings.ROLLUP_RETENTION_DAYS)).delete()
    return Removed(days=days, rollups=rollups)
