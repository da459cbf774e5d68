import asyncio
import os
import threading

import pytest

from tools import health, tool
from tools.errors import ProviderError, ToolTimeout
from tools.health import ToolHealthChecker, summary
from tools.running import runtime
from tools.running.gauges import families


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
        "score": 50,
        "reasons": [{"points": 50, "reason": "4 of 8 calls of the last 5 minutes broke."}],
        "probe": {"kind": "none", "ok": None, "slow": None, "age_s": None, "took_ms": None, "error": ""},
    }
    assert await ToolHealthChecker().check_tool("flaky") == report["tools"]["flaky"]
    assert await ToolHealthChecker().check_all() == report


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
