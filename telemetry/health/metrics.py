"""How well recording works, as Prometheus families."""

from collections.abc import Mapping
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

# Of telemetry.health.recording.store_health: its key, our name, whether it only ever grows, and what it says.
FAMILIES = (
    ("queued", "salesboost_spans_queued", False, "Spans that wait to be stored."),
    ("spooled_bytes", "salesboost_spool_bytes", False, "Spans on this machine's disk that are not stored yet."),
    ("stored", "salesboost_spans_stored", True, "Spans stored since the first start."),
    ("dropped", "salesboost_spans_dropped", True, "Spans lost because there was no room for them."),
    ("refused", "salesboost_spans_refused", True, "Spans that could not be stored as they were."),
    ("forwarded", "salesboost_spans_forwarded", True, "Stored spans that the second OTLP endpoint took."),
    ("forward_dropped", "salesboost_spans_not_forwarded", True, "Stored spans that it did not take, given up."),
    ("forward_waiting", "salesboost_forward_queued", False, "Stored spans that wait to be forwarded."),
    ("forward_bytes", "salesboost_forward_bytes", False, "Their size on this machine's disk."),
    (
        "oldest_unstored_span_age_s",
        "salesboost_oldest_unstored_span_age_seconds",
        False,
        "Since the oldest span ended that is not stored yet; 0 when all are.",
    ),
    ("ingest_lag_s", "salesboost_ingest_lag_seconds", False, "How long after its end the newest span was stored."),
    ("worker_heartbeat_age_s", "salesboost_worker_heartbeat_age_seconds", False, "Since the worker's last beat."),
    (
        "canary_seen_at_s",
        "salesboost_canary_last_seen_timestamp_seconds",
        False,
        "When a span of the canary, which is called by the minute, last went into the store; 0: never.",
    ),
    ("canary_age_s", "salesboost_canary_age_seconds", False, "Since then."),
    ("partitions_ahead", "salesboost_partitions_ahead", False, "Days after today that have a partition already."),
)


def families(health: Mapping[str, Any]) -> list[Metric]:
    """*health* (of ``store_health``, or of ``here`` while Postgres is away); what it does not know is left out."""
    found: list[Metric] = []
    for key, name, grows, documentation in FAMILIES:
        family = CounterMetricFamily if grows else GaugeMetricFamily
        if health.get(key) is not None:
            found.append(family(name, documentation, value=health[key]))
    if sizes := health.get("size_bytes"):
        gauge = GaugeMetricFamily(
            "salesboost_store_size_bytes", "On Postgres's disk, indexes included.", labels=["table"]
        )
        for table, size in sizes.items():
            gauge.add_metric([table], size)
        found.append(gauge)
    return found
