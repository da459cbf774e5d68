"""How well recording works, over all processes."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Max, Q, Sum
from django.utils import timezone

from telemetry import ended_sql, partitions
from telemetry.counters import counters
from telemetry.forward.post import Target
from telemetry.journal import spooled_bytes
from telemetry.models import Heartbeat, Recorder
from telemetry.rollup_sql import LEVELS
from telemetry.tasks import WORKER

# A process says what it has waiting at least this often while that changes; later it is dead or idle.
RECENT = timedelta(seconds=30)


def store_health(now: datetime | None = None) -> dict[str, Any]:
    """The state of the store, in five queries. Raises ``django.db.Error`` when Postgres is away.

    ``ingest_lag_s``: how long after its end the newest span was stored; or, in this process, how long spans
    have not been stored though some wait. ``newest_span_age_s``: the age of the newest stored span; grows while
    nobody calls. Since the first start count ``late`` (stored ten minutes after their end or later), ``dropped``
    (lost, no room), ``refused`` (not storable), ``forwarded`` and ``forward_dropped`` (stored here, not taken by
    the second endpoint).
    """
    now = now or timezone.now()
    recent = Q(seen_at__gte=now - RECENT)
    sums = Recorder.objects.aggregate(
        stored=Sum("stored"),
        dropped=Sum("dropped"),
        refused=Sum("refused"),
        late=Sum("late"),
        newest_end=Max("newest_end"),
        queued=Sum("waiting", filter=recent),
        lag_s=Max("lag_s", filter=recent),
        forwarded=Sum("forwarded"),
        forward_dropped=Sum("forward_dropped"),
        forward_waiting=Sum("forward_waiting", filter=recent),
    )
    newest = sums["newest_end"]
    heartbeat = Heartbeat.objects.filter(name=WORKER).values_list("seen_at", flat=True).first()
    return {
        **here(),
        "queued": max(sums["queued"] or 0, counters().waiting),
        "stored": sums["stored"] or 0,
        "dropped": sums["dropped"] or 0,
        "refused": sums["refused"] or 0,
        "late": sums["late"] or 0,
        "forwarded": sums["forwarded"] or 0,
        "forward_dropped": sums["forward_dropped"] or 0,
        "forward_waiting": sums["forward_waiting"] or 0,
        "ingest_lag_s": max(sums["lag_s"] or 0.0, counters().stalled_s()),
        "newest_span_age_s": (now - newest).total_seconds() if newest else None,
        "worker_heartbeat_age_s": (now - heartbeat).total_seconds() if heartbeat else None,
        "partitions_ahead": _partitions_ahead(now),
        "size_bytes": _sizes(),
    }


def here() -> dict[str, Any]:
    """What can be said without Postgres: the bytes of spans on this machine's disk.

    ``spooled_bytes``: not stored yet; ``forward_bytes``: stored and not forwarded yet, to
    ``forward_to``, empty where nothing is forwarded.
    """
    return {
        "spooled_bytes": spooled_bytes(settings.SPOOL_DIR),
        "forward_bytes": spooled_bytes(settings.FORWARD_DIR),
        "forward_to": Target(settings.FORWARD_OTLP_URL).place if settings.FORWARD_OTLP_URL else "",
    }


def _partitions_ahead(now: datetime) -> int:
    """For how many days after today there is a partition; -1 when even today has none."""
    today = now.astimezone(UTC).date()
    days = partitions.existing_days(connection)
    ahead = -1
    while today + timedelta(days=ahead + 1) in days:
        ahead += 1
    return ahead


def _sizes() -> dict[str, int]:
    """Bytes on disk, indexes included."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT root, pg_total_relation_size(root) + coalesce((SELECT sum(pg_total_relation_size(relid)) "
            "FROM pg_partition_tree(root) WHERE relid <> root), 0) FROM unnest(%s::regclass[]) AS root",
            [[*partitions.TABLES, *(level.table for level in LEVELS), ended_sql.TABLE]],
        )
        return {name: int(size) for name, size in cursor.fetchall()}
