"""The health of all tools, or of one, as REST, pages and metrics tell it."""

import asyncio
import time
from typing import Any

from tools import breakers
from tools.decisions import live
from tools.definition.tool import ToolDefinition
from tools.health import canary, rounds
from tools.health.probed import How, Probed, counted, how
from tools.health.verdicts import score_of, summary, verdict
from tools.running.runtime import get_executor
from tools.state.base import BreakerState, RunCounts


async def report() -> dict[str, Any]:
    """The answer of ``GET /health/tools``: each registered tool over the last five minutes, in all processes.

    Probes nothing: what the last round found is in shared state.
    """
    return (await look())[0]


async def look() -> tuple[dict[str, Any], Probed | None]:
    """The report, and what the canary's last call came to, None before the first."""
    executor, now = get_executor(), time.time()
    counts, notes = await asyncio.gather(executor.state.run_counts(), executor.state.notes())
    last, states = rounds.probed_by_tool(notes), breakers.statuses()
    tools = {
        tool.name: _one(
            tool, counts.get(tool.name, RunCounts()), states[tool.name].state, last.get(tool.name), now
        )
        for tool in executor.registry
    }
    sung = Probed.unpack(notes[canary.NOTE]) if canary.NOTE in notes else None
    return summary(tools), sung


async def refresh() -> dict[str, Any]:
    """The same, after what this process has not yet reported is counted, and all have been probed.

    Rounds of probes are 5 s apart at least: who comes sooner gets what the last one found.
    """
    executor, asked_at = get_executor(), time.time()
    await executor.flush()
    if not await rounds.take(executor, forced=True):
        await rounds.taken_since(executor.state, asked_at - rounds.FLOOR_S)
    return await report()


def _one(
    tool: ToolDefinition[..., Any], counts: RunCounts, breaker: BreakerState, last: Probed | None, now: float
) -> dict[str, Any]:
    probed, enabled = counted(tool, last, now), live.policy(tool).enabled
    return {
        "status": verdict(counts, breaker, probed),
        "breaker": breaker.value,
        "calls": counts.total,
        "succeeded": counts.succeeded,
        "broken": counts.broken,
        "returned_failures": counts.returned,
        **score_of(counts, breaker, probed, enabled=enabled).as_dict(),
        "probe": _probe(how(tool), last if how(tool) is not How.NONE else None, now),
    }


def _probe(kind: How, last: Probed | None, now: float) -> dict[str, Any]:
    """How it is probed, and what the last time came to; nulls where there was none."""
    return {
        "kind": str(kind),
        "ok": last.ok if last else None,
        "slow": last.slow if last else None,
        "age_s": round(max(0.0, now - last.at), 1) if last else None,
        "took_ms": last.took_ms if last else None,
        "error": last.error if last else "",
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
