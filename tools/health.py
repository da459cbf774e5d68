"""Which tools work just now: a verdict each, from how their last calls ended and from their breakers."""

from collections.abc import Mapping
from typing import Any

from tools import breakers
from tools.running.runtime import get_executor
from tools.state.base import BreakerState, RunCounts

MIN_CALLS = 5
UNHEALTHY_SHARE = 0.5
DEGRADED_SHARE = 0.1
# Answers that the tool could not do it: the callers' doing as often as the tool's, so it takes more of them.
DEGRADED_RETURNED_SHARE = 0.5


def verdict(counts: RunCounts, breaker: BreakerState) -> str:
    """``healthy``, ``degraded``, ``unhealthy``, or ``unknown`` after too few calls."""
    if breaker is BreakerState.OPEN or breaker is BreakerState.HELD_OPEN:
        return "unhealthy"
    if breaker is BreakerState.HALF_OPEN:
        return "degraded"
    if counts.total < MIN_CALLS:
        return "unknown"
    broken = counts.broken / counts.total
    if broken >= UNHEALTHY_SHARE:
        return "unhealthy"
    if broken >= DEGRADED_SHARE or counts.returned / counts.total >= DEGRADED_RETURNED_SHARE:
        return "degraded"
    return "healthy"


def summary(tools: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """All verdicts in one. The whole is as bad as its worst part; nothing known is ``unknown``."""
    statuses = [tool["status"] for tool in tools.values()]
    worst = next((status for status in ("unhealthy", "degraded", "healthy") if status in statuses), "unknown")
    counts = {status: statuses.count(status) for status in ("healthy", "degraded", "unhealthy")}
    return {"status": worst, "total_tools": len(tools), **counts, "tools": dict(tools)}


async def report() -> dict[str, Any]:
    """The answer of ``GET /health/tools``: each registered tool over the last five minutes, in all processes."""
    counts = await get_executor().state.run_counts()
    tools = {name: _one(counts.get(name, RunCounts()), now.state) for name, now in breakers.statuses().items()}
    return summary(tools)


async def refresh() -> dict[str, Any]:
    """The same, after what this process has not yet reported is counted."""
    await get_executor().flush()
    return await report()


def _one(counts: RunCounts, breaker: BreakerState) -> dict[str, Any]:
    return {
        "status": verdict(counts, breaker),
        "breaker": breaker.value,
        "calls": counts.total,
        "succeeded": counts.succeeded,
        "broken": counts.broken,
        "returned_failures": counts.returned,
    }


class ToolHealthChecker:
    """``report`` by the names that callers' code knows."""

    async def check_all(self) -> dict[str, Any]:
        """The report of all tools."""
        return await report()

    async def check_tool(self, name: str) -> dict[str, Any]:
        """What the report says of one tool. Raises UnknownTool."""
        get_executor().registry.get(name)
        one: dict[str, Any] = (await report())["tools"][name]
        return one
