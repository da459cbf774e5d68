"""Rounds of probes: one process for all, and the others read what it found."""

import asyncio
import os
import subprocess
import sys
import time

import pytest

from tests.running import ROOT
from tools import health, tool
from tools.decisions import live
from tools.decisions.live import Snapshot
from tools.definition.probe import Probe
from tools.health import rounds, watching
from tools.process.background import BackgroundLoop
from tools.running import runtime
from tools.state.fallback import FallbackState
from tools.state.memory import MemoryState
from tools.state.valkey import ValkeyState


@pytest.fixture
def asks():
    """One entry for each time that ``counting`` was probed."""
    return []


@pytest.fixture
def counting(asks):
    @tool(probe=lambda: asks.append(1))
    async def asked() -> str:
        """Is asked."""
        return ""

    return asked


async def test_a_round_is_read_by_all_and_not_taken_twice(make_executor, counting, asks, monkeypatch):
    executor = make_executor(counting)
    monkeypatch.setitem(runtime._executors, os.getpid(), executor)
    assert (await health.report())["tools"]["asked"]["status"] == "unknown"
    assert await rounds.take(executor)
    assert not await rounds.take(executor)
    for _ in range(3):
        one = (await health.report())["tools"]["asked"]
    assert (one["status"], one["score"], one["probe"]["ok"], one["probe"]["kind"]) == (
        "healthy",
        100,
        True,
        "probe",
    )
    assert len(asks) == 1


async def test_a_refresh_probes_at_once_but_no_sooner_than_5_s_after_the_last(
    make_executor, counting, asks, clock, monkeypatch
):
    executor = make_executor(counting)
    monkeypatch.setitem(runtime._executors, os.getpid(), executor)
    for _ in range(4):
        assert (await health.refresh())["healthy"] == 1
    assert len(asks) == 1
    clock.now += 5
    await health.refresh()
    assert len(asks) == 2


async def test_the_watch_takes_a_round_every_30_s(make_executor, counting, asks, clock):
    executor = make_executor(counting)
    asked = []
    for _ in range(19):  # 90 s, looked at every 5
        await watching.look(executor, now=clock)
        asked.append(len(asks))
        clock.now += 5
    assert [asked[0], asked[5], asked[6], asked[12], asked[18]] == [1, 1, 2, 3, 4]


async def test_probes_run_side_by_side_and_a_round_ends_in_time(make_executor, monkeypatch):
    monkeypatch.setattr(rounds, "TOTAL_S", 0.6)

    def made(number):
        async def waits():
            await asyncio.sleep(0.15 if number < 8 else 20)

        @tool(name=f"tool_{number:02}", probe=Probe(waits, timeout_s=0.3))
        async def asked() -> str:
            """Is asked."""
            return ""

        return asked

    tools = [made(number) for number in range(20)]
    executor = make_executor(*tools)
    began = time.monotonic()
    await rounds.take(executor)
    took_s = time.monotonic() - began
    found = rounds.probed_by_tool(await executor.state.notes())
    assert took_s < 2
    assert {f"tool_{number:02}" for number in range(8)} <= set(found)
    assert "tool_19" not in found  # it did not get its turn, and keeps what it had


async def test_a_tool_that_is_switched_off_is_not_probed(make_executor, counting, asks):
    executor = make_executor(counting)
    with live.pinned(Snapshot(edits={"asked": {"enabled": False}})):
        await rounds.take(executor)
        assert len(asks) == 0


async def test_without_valkey_a_process_probes_for_itself(make_executor, counting, asks, monkeypatch):
    background = BackgroundLoop("tests-health")
    state = FallbackState(ValkeyState("redis://127.0.0.1:1/0"), background, MemoryState)
    executor = make_executor(counting, state=state)
    monkeypatch.setitem(runtime._executors, os.getpid(), executor)
    assert (await health.refresh())["tools"]["asked"]["status"] == "healthy"
    assert len(asks) == 1
    background.stop()


ONE_OF_TWO = """
import asyncio, json, os, sys, time
import django; django.setup()
from tools import health, tool
from tools.decisions import live
from tools.decisions import live
from tools.decisions.live import Snapshot
from tools.definition.registry import ToolRegistry
from tools.running import runtime
from tools.running.executor import ToolExecutor

def probe():
    with open(sys.argv[1], "a") as log:
        log.write(f"{os.getpid()}\\n")
    time.sleep(0.5)

@tool(probe=probe)
async def asked() -> str:
    "Is asked."
    return ""

async def main():
    registry = ToolRegistry()
    registry.register(asked)
    runtime._executors[os.getpid()] = ToolExecutor(registry)
    await health.report()  # all is loaded and connected
    while time.time() < float(sys.argv[2]):
        await asyncio.sleep(0.001)
    print(json.dumps((await health.refresh())["tools"]["asked"]))

with live.pinned(Snapshot()):
    asyncio.run(main())
os._exit(0)
"""


@pytest.mark.timeout(60)
def test_two_processes_that_refresh_at_once_probe_once(own_valkey, tmp_path):
    log = tmp_path / "asked"
    at = str(time.time() + 6)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "salesboost.settings", "REDIS_URL": own_valkey.url}
    two = [
        subprocess.Popen(
            [sys.executable, "-u", "-c", ONE_OF_TWO, str(log), at],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    told = [process.communicate(timeout=40)[0] for process in two]
    assert len(log.read_text().splitlines()) == 1
    assert all('"status": "healthy"' in said and '"ok": true' in said for said in told)
