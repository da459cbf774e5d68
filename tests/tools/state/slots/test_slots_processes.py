"""Slots that several real processes share."""

import asyncio
import json
import secrets
import subprocess
import sys
import time

import pytest
from django.conf import settings

from salesboost.services import wait_until
from tools import tool
from tools.definition.policy import ToolPolicy
from tools.state.slots.slot import LEASE_S

# Calls a tool many times at once; says how many calls of all processes it saw at once, and when it was done.
CALLER = """
import asyncio, json, sys, time
import django
django.setup()
from redis.asyncio import Redis
from django.conf import settings
from tools import ToolExecutor, ToolRegistry, tool
from tools.decisions import live
from tools.decisions.live import Snapshot
from tools.definition.policy import ToolPolicy

NAME, CALLS, TAKES_S, PROCESSES = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
most = 0

async def main():
    redis = Redis.from_url(settings.REDIS_URL)

    @tool(name=NAME)
    async def work() -> int:
        "Counts who runs beside it."
        global most
        most = max(most, await redis.incr(f"{NAME}:running"))
        await asyncio.sleep(TAKES_S)
        await redis.decr(f"{NAME}:running")
        return 1

    registry = ToolRegistry()
    registry.register(work)
    policy = ToolPolicy(max_concurrent=3, max_queued=1000, deadline_s=50)
    with live.pinned(Snapshot()):
        executor = ToolExecutor(registry, policies=lambda definition: policy)
        await redis.incr(f"{NAME}:ready")
        while int(await redis.get(f"{NAME}:ready")) < PROCESSES:
            await asyncio.sleep(0.01)
        done = await asyncio.gather(*(executor.execute(name=NAME, payload={}) for _ in range(CALLS)))
        print(json.dumps({"most": most, "done": len(done), "at": time.time()}))
        await redis.aclose()
        await asyncio.to_thread(executor.close)

asyncio.run(main())
"""


@pytest.fixture
def name():
    return f"work_{secrets.token_hex(4)}"


@pytest.fixture
def processes(name):
    """Start a process that makes some calls; whatever still runs at the end is killed."""
    started = []

    def start(calls, takes_s, of):
        command = [sys.executable, "-c", CALLER, name, str(calls), str(takes_s), str(of)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def said(process):
    return json.loads(process.communicate(timeout=50)[0])


def slots_taken(executor, name):
    return asyncio.run(executor.state.slots_in_use([name]))[name].taken


@pytest.fixture
def executor(make_executor, name):
    """An executor of this process, on the same Valkey."""

    @tool(name=name)
    async def work() -> int:
        """Does nothing."""
        return 1

    policy = ToolPolicy(max_concurrent=3, deadline_s=20)
    return make_executor(work, state=None, clock=time.perf_counter, policies=lambda definition: policy)


def test_two_processes_never_run_more_calls_than_may_and_end_them_all(processes):
    both = [processes(60, 0.02, 2) for _ in range(2)]
    endings = [said(process) for process in both]
    assert [ending["done"] for ending in endings] == [60, 60]
    assert max(ending["most"] for ending in endings) <= 3


def test_a_process_with_few_calls_does_not_wait_for_all_of_one_with_many(processes):
    greedy, modest = processes(200, 0.02, 2), processes(6, 0.02, 2)
    assert said(modest)["at"] < said(greedy)["at"] - 0.3


def test_a_killed_process_gives_its_slots_back(processes, executor, name):
    holder = processes(3, 600, 1)
    assert wait_until(lambda: slots_taken(executor, name) == 3, 20)
    holder.kill()
    killed_at = time.monotonic()
    assert executor.execute_sync(name=name, payload={}).result == 1
    assert time.monotonic() - killed_at < LEASE_S + 5


def test_a_process_that_ends_leaves_no_slot_behind(processes, executor, name):
    said(processes(5, 0.01, 1))
    assert slots_taken(executor, name) == 0


def test_without_valkey_a_process_keeps_to_the_limit_by_itself(make_executor, own_valkey, name, monkeypatch):
    monkeypatch.setattr(settings, "REDIS_URL", own_valkey.url)
    running, most = 0, 0

    @tool(name=name)
    async def work() -> int:
        """Counts who runs beside it."""
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return 1

    policy = ToolPolicy(max_concurrent=3)
    executor = make_executor(work, state=None, clock=time.perf_counter, policies=lambda definition: policy)

    async def crowd():
        calls = [asyncio.ensure_future(executor.execute(name=name, payload={})) for _ in range(30)]
        await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        own_valkey.kill()
        return await asyncio.gather(*calls)

    assert len(asyncio.run(crowd())) == 30
    assert most <= 3
