"""The health of tools as Prometheus reads it: out of shared state, and so the same whichever process answers."""

from concurrent.futures import TimeoutError as Late
from typing import Any

from prometheus_client.core import GaugeMetricFamily, Metric

from tools.health.reports import report
from tools.health.watching import loop

# A scrape would rather miss these than wait.
WAIT_S = 1.0
# Of a tool's probe: its key, our name, what a value is multiplied by, and what it says.
PROBE = (
    ("ok", "tool_probe_success", 1, "1 where the last probe of the tool passed, 0 where it failed."),
    ("took_ms", "tool_probe_duration_seconds", 0.001, "How long the last probe of the tool took."),
    ("age_s", "tool_probe_age_seconds", 1, "Since the last probe of the tool."),
)


def families() -> list[Metric]:
    """Gauges by tool, empty while shared state does not answer. Call it in a thread."""
    asked = loop.submit(report())
    try:
        found = asked.result(WAIT_S)["tools"]
    except (Late, OSError):
        asked.cancel()
        found = {}
    scores = {name: each["score"] for name, each in found.items()}
    probes = {name: each["probe"] for name, each in found.items()}
    return [
        _gauge("tool_health_score", "How well the tool is, 0 to 100; absent where nothing is known.", scores),
        *(
            _gauge(ours, says, {name: _scaled(probe[key], by) for name, probe in probes.items()})
            for key, ours, by, says in PROBE
        ),
    ]


def _scaled(value: Any, by: float) -> float | None:
    return None if value is None else round(float(value) * by, 6)


def _gauge(name: str, says: str, values: dict[str, Any]) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, says, labels=["tool_name"])
    for tool, value in sorted(values.items()):
        if value is not None:
            gauge.add_metric([tool], value)
    return gauge
