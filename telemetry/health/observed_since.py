"""Since when this store has observed anything: by when spans were stored, not by when they say that they began."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connections, router

from telemetry.models import Rollup
from telemetry.store.retention import MINUTES_KEPT

# Each is the first row of an index; the last one reads a few dozen rows.
FIRST = """
SELECT (SELECT min(minute) FROM telemetry_ingest_minute WHERE stored > 0),
    (SELECT min(bucket) FROM telemetry_rollup WHERE resolution_s = %s),
    (SELECT min(applied) FROM django_migrations WHERE app = 'telemetry')"""
MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class Beginning:
    """Observing began at *at* or less than *within_s* later; ``dated_back``: a span may say that it is older."""

    at: datetime
    within_s: int
    dated_back: bool = False


def beginning(resolution_s: int, now: datetime) -> Beginning | None:
    """When observing began, as well as rollups of *resolution_s* tell; None without a record. One query."""
    with connections[router.db_for_read(Rollup)].cursor() as cursor:
        cursor.execute(FIRST, [resolution_s])
        return decided(resolution_s, now, *cursor.fetchone())


def decided(
    resolution_s: int, now: datetime, stored: datetime | None, bucket: datetime | None, set_up: datetime | None
) -> Beginning | None:
    """As ``beginning``: by the first minute in which anything was *stored* and the first *bucket*. Pure.

    Of a store that is older than its minutes are kept it is only known that it was *set_up* before.
    """
    if bucket is None:
        return None
    if stored is None:
        return Beginning(bucket, resolution_s)
    if stored < now - MINUTES_KEPT:
        stored = min(set_up or bucket, stored)
    return Beginning(
        max(stored, bucket), MINUTE_S if bucket < stored else resolution_s, dated_back=bucket < stored
    )
