"""How well recording works, over all processes."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Max, Min, Q, Sum
from django.utils import timezone

from telemetry.database import partitions
from telemetry.forward.target import Target
from telemetry.models import Recorder, Witness
from telemetry.process import heartbeats
from telemetry.process.counters import counters
from telemetry.process.heartbeats import CANARY, WORKER
from telemetry.recorder.backlog import oldest_end, spooled_bytes
from telemetry.rollups import ended_sql
from telemetry.rollups.rollup_sql import LEVELS

# A process says what it has waiting at least this often while that changes; later it is dead or idle.
RECENT = timedelta(seconds=30)
# While spans wait it says so each second; what is older tells of a process that has died since.
RECENT_WAITING = timedelta(seconds=10)


def store_health(now: datetime | None = None) -> dict[str, Any]:
    """The state of the store, in four queries: ``recording``, and what takes longer to find out.

    ``spooled_bytes`` and ``forward_bytes``: see ``here``. ``partitions_ahead``: for how many days after today
    there is a partition. ``size_bytes``: of each table.
    """
    now = now or timezone.now()
    return {**here(), **recording(now), "partitions_ahead": _partitions_ahead(now), "size_bytes": _sizes()}


def recording(now: datetime) -> dict[str, Any]:
    """How well spans get from where they end into the store, in two queries. Raises ``django.db.Error``.

    ``oldest_unstored_span_age_s``: how long ago the oldest span ended that is not stored yet, in any process, also
    in a dead one of this machine; 0 when all are stored. ``ingest_lag_s``: how long after its end the newest span
    was stored; or that age, if it is more. ``newest_span_age_s``: the age of the newest stored span; grows while
    nobody calls. Since the first start count ``late`` (stored ten minutes after their end or later), ``dropped``
    (lost, no room), ``refused`` (not storable), ``forwarded`` and ``forward_dropped`` (stored here, not taken by
    the second endpoint). ``canary_age_s``: since a span of the canary last went into the store; None: never yet.
    """
    recent = Q(seen_at__gte=now - RECENT)
    sums = Recorder.objects.aggregate(
        stored=Sum("stored"),
        dropped=Sum("dropped"),
        refused=Sum("refused"),
        late=Sum("late"),
        newest_end=Max("newest_end"),
        queued=Sum("waiting", filter=recent),
        oldest_waiting=Min("oldest_waiting_at", filter=Q(seen_at__gte=now - RECENT_WAITING)),
        lag_s=Max("lag_s", filter=recent),
        forwarded=Sum("forwarded"),
        forward_dropped=Sum("forward_dropped"),
        forward_waiting=Sum("forward_waiting", filter=recent),
    )
    beats = heartbeats.last()
    newest, worker, canary = sums["newest_end"], beats.get(WORKER), beats.get(CANARY)
    oldest_s = oldest_unstored_s(now, sums["oldest_waiting"])
    counts = ("stored", "dropped", "refused", "late", "forwarded", "forward_dropped", "forward_waiting")
    return {
        **{name: sums[name] or 0 for name in counts},
        "queued": max(sums["queued"] or 0, counters().waiting),
        "oldest_unstored_span_age_s": oldest_s,
        "ingest_lag_s": max(sums["lag_s"] or 0.0, oldest_s),
        "newest_span_age_s": (now - newest).total_seconds() if newest else None,
        "worker_heartbeat_age_s": worker.age_s if worker else None,
        "canary_age_s": canary.age_s if canary else None,
        "canary_seen_at_s": canary.at.timestamp() if canary else 0.0,
    }


def oldest_unstored_s(now: datetime, reported: datetime | None = None) -> float:
    """The age of the oldest span that waits here, on this machine's disk or (*reported*) elsewhere; 0 for none."""
    waiting = (counters().oldest_waiting_at, oldest_end(settings.SPOOL_DIR), reported)
    oldest = min((at for at in waiting if at), default=now)
    return max(0.0, (now - oldest).total_seconds())


def here() -> dict[str, Any]:
    """What can be said without Postgres: what waits on this machine's disk.

    ``spooled_bytes``: of spans not stored yet, the oldest of which is ``oldest_unstored_span_age_s`` old;
    ``forward_bytes``: stored and not forwarded yet, to ``forward_to``, empty where nothing is forwarded.
    """
    return {
        "oldest_unstored_span_age_s": oldest_unstored_s(timezone.now()),
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
            [[*partitions.TABLES, *(level.table for level in LEVELS), ended_sql.TABLE, Witness._meta.db_table]],
        )
        return {name: int(size) for name, size in cursor.fetchall()}
