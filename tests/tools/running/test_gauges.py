"""What /metrics says of tools that limit calls at the same time."""

import asyncio
import os
import time

import pytest

from tools import tool
from tools.definition.policy import ToolPolicy
from tools.running import runtime
from tools.running.gauges import families


@pytest.fixture
def may_end():
    return asyncio.Event()


@pytest.fixture
def executor(make_executor, monkeypatch, may_end):
    """The process's executor, of a tool with a limit and one without, on the tests' Valkey."""

    @tool
    async def narrow() -> int:
        """Runs until it may end."""
        await may_end.wait()
        return 1

    @tool
    async def wide() -> int:
        """Has no limit."""
        return 1

    policies = {"narrow": ToolPolicy(max_concurrent=2), "wide": ToolPolicy()}
    monkeypatch.setattr("tools.decisions.live.policy", lambda definition: policies[definition.name])
    executor = make_executor(
        narrow, wide, state=None, clock=time.perf_counter, policies=lambda definition: policies[definition.name]
    )
    monkeypatch.setitem(runtime._executors, os.getpid(), executor)
    return executor


async def gauges():
    found = await asyncio.to_thread(families)
    return {
        family.name: {sample.labels["tool_name"]: sample.value for sample in family.samples}
        for family in found
        if family.name.startswith("tool_calls_")
    }


async def shown(**expected):
    async with asyncio.timeout(5):
        while await gauges() != {name: {"narrow": value} for name, value in expected.items()}:
            await asyncio.sleep(0.01)


async def test_calls_that_run_and_wait_are_gauges_by_tool(executor, may_end):
    calls = [asyncio.ensure_future(executor.execute(name="narrow", payload={})) for _ in range(5)]
    await shown(tool_calls_in_flight=2, tool_calls_queued=3)
    may_end.set()
    await asyncio.gather(*calls)
    await shown(tool_calls_in_flight=0, tool_calls_queued=0)


async def test_tools_without_a_limit_cost_no_question(executor, monkeypatch):
    monkeypatch.setattr("tools.decisions.live.policy", lambda definition: ToolPolicy())
    monkeypatch.setattr(executor.gates, "in_use", None)  # would fail if it were called
    assert await gauges() == {"tool_calls_in_flight": {}, "tool_calls_queued": {}}
