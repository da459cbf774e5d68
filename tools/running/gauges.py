"""What the tools take up just now, as Prometheus reads it: slots in all processes, threads of this one."""

from collections.abc import Mapping
from concurrent.futures import TimeoutError as Late

from prometheus_client.core import GaugeMetricFamily, Metric

from tools.decisions import live
from tools.running.runtime import get_executor
from tools.state.slots.slot import InUse

# A scrape would rather miss two gauges than wait.
WAIT_S = 1.0


def families() -> list[Metric]:
    """Two gauges by tool, empty where no tool has a limit, and one of this process. Call it in a thread."""
    running = GaugeMetricFamily(
        "tool_calls_in_flight", "Slots taken of tools that limit calls at the same time.", labels=["tool_name"]
    )
    waiting = GaugeMetricFamily(
        "tool_calls_queued", "Calls that wait for their turn, as of the last second.", labels=["tool_name"]
    )
    for tool, counts in sorted(in_use().items()):
        running.add_metric([tool], counts.taken)
        waiting.add_metric([tool], counts.waiting)
    stuck = GaugeMetricFamily(
        "tool_threads_stuck",
        "Threads of the process that answers whose call has ended without them.",
        value=get_executor().threads.stuck,
    )
    return [running, waiting, stuck]


def in_use() -> Mapping[str, InUse]:
    """By tool with a limit; empty while shared state does not answer."""
    executor = get_executor()
    limited = [tool.name for tool in executor.registry if live.policy(tool).max_concurrent]
    if not limited:
        return {}
    try:
        return executor.gates.in_use(limited).result(WAIT_S)
    except (Late, OSError):
        return {}
