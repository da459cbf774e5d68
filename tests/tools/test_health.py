import asyncio
import os
import threading

import pytest

from tools import health, tool
from tools.errors import ProviderError, ToolTimeout
from tools.health import summary, verdict
from tools.running import runtime
from tools.running.gauges import families
from tools.state.base import BreakerState, RunCounts

CLOSED = BreakerState.CLOSED


@pytest.mark.parametrize(
    ("counts", "breaker", "expected"),
    [
        (RunCounts(succeeded=20), CLOSED, "healthy"),
        (RunCounts(succeeded=19, broken=1), CLOSED, "healthy"),
        (RunCounts(succeeded=18, broken=2), CLOSED, "degraded"),
        (RunCounts(succeeded=10, broken=10), CLOSED, "unhealthy"),
        (RunCounts(succeeded=9, returned=11), CLOSED, "degraded"),
        (RunCounts(succeeded=4), CLOSED, "unknown"),
        (RunCounts(), CLOSED, "unknown"),
        (RunCounts(), BreakerState.OPEN, "unhealthy"),
        (RunCounts(succeeded=20), BreakerState.HELD_OPEN, "unhealthy"),
        (RunCounts(succeeded=20), BreakerState.HELD_CLOSED, "healthy"),
        (RunCounts(succeeded=20), BreakerState.HALF_OPEN, "degraded"),
    ],
)
def test_a_verdict_follows_from_counts_and_breaker(counts, breaker, expected):
    assert verdict(counts, breaker) == expected


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["healthy", "unknown"], "healthy"),
        (["healthy", "degraded"], "degraded"),
        (["degraded", "unhealthy"], "unhealthy"),
        (["unknown"], "unknown"),
        ([], "unknown"),
    ],
)
def test_the_whole_is_as_bad_as_its_worst_part(statuses, expected):
    found = summary({str(place): {"status": status} for place, status in enumerate(statuses)})
    assert (found["status"], found["total_tools"]) == (expected, len(statuses))


@tool
async def flaky(fail: bool) -> str:
    """Fails when told to."""
    if fail:
        raise ProviderError("down")
    return "up"


async def test_a_tool_that_fails_half_its_calls_is_unhealthy(make_executor, monkeypatch):
    executor = make_executor(flaky)
    monkeypatch.setitem(runtime._executors, os.getpid(), executor)
    for number in range(8):
        await executor.execute_parallel([{"tool": "flaky", "payload": {"fail": number % 2 == 1}}])
    report = await health.refresh()
    assert (report["status"], report["unhealthy"], report["healthy"]) == ("unhealthy", 1, 0)
    assert report["tools"]["flaky"] == {
        "status": "unhealthy",
        "breaker": "closed",
        "calls": 8,
        "succeeded": 4,
        "broken": 4,
        "returned_failures": 0,
    }


async def test_a_tool_that_nobody_called_is_unknown(make_executor, monkeypatch):
    executor = make_executor(flaky)
    monkeypatch.setitem(runtime._executors, os.getpid(), executor)
    report = await health.report()
    assert (report["status"], report["total_tools"], report["tools"]["flaky"]["status"]) == (
        "unknown",
        1,
        "unknown",
    )


async def test_threads_that_hang_are_shown_and_counted(make_executor, monkeypatch):
    @tool(timeout_s=0.3)
    def stuck() -> None:
        """Asks nobody."""
        go_on.wait()

    go_on, counted = threading.Event(), []
    monkeypatch.setattr("tools.running.executor.observe_abandoned", counted.append)
    executor = make_executor(stuck)
    monkeypatch.setitem(runtime._executors, os.getpid(), executor)
    with pytest.raises(ToolTimeout):
        await executor.execute(name="stuck", payload={})
    (gauge,) = [family for family in await asyncio.to_thread(families) if family.name == "tool_threads_stuck"]
    assert ([sample.value for sample in gauge.samples], counted) == ([1], ["stuck"])
    go_on.set()
