"""Whether alerts can be believed, as Prometheus families."""

from collections.abc import Mapping
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric

from telemetry.alerts.faults import faulty_rules

# Moments, as Prometheus wants them: a rule compares them with its own clock, so a scrape that fails is no beat.
MOMENTS = (
    ("judged", "salesboost_alerts_judged_timestamp_seconds", "When all rules were last judged; 0 for never."),
    ("sent", "salesboost_alerts_sent_timestamp_seconds", "When what was due was last sent; 0 for never."),
)


def families(health: Mapping[str, Any]) -> list[Metric]:
    """*health*, of ``alerts_health``."""
    moments = [
        GaugeMetricFamily(name, documentation, value=health[key].at.timestamp() if health[key] else 0)
        for key, name, documentation in MOMENTS
    ]
    if health["heartbeat_to"]:
        taken = health["outward"].at.timestamp() if health["outward"] else 0
        moments.append(
            GaugeMetricFamily(
                "salesboost_heartbeat_taken_timestamp_seconds", "When HEARTBEAT_URL last answered.", value=taken
            )
        )
    return [
        *moments,
        GaugeMetricFamily(
            "salesboost_alerts_rules_faulty",
            "Rules that cannot be judged for one tool or for all, while the rest is.",
            value=faulty_rules(health["faults"]),
        ),
        GaugeMetricFamily(
            "salesboost_alerts_tools_left_out",
            "Reported tools that some rule has no room for, so that they are not judged.",
            value=health["tools_left_out"],
        ),
        GaugeMetricFamily(
            "salesboost_alerts_messages_waiting",
            "Messages not sent yet, those included that are tried again later.",
            value=health["messages_waiting"],
        ),
        GaugeMetricFamily(
            "salesboost_alerts_oldest_due_message_age_seconds",
            "For how long the oldest message that is due has waited.",
            value=health["oldest_due_message_age_s"],
        ),
    ]
