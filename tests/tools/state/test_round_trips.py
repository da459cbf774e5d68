"""How little a call waits for shared state."""

import asyncio
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from tools import tool
from tools.definition.policy import ToolPolicy
from tools.state.base import Admission
from tools.state.slots.gates import Gates
from tools.state.valkey import ValkeyState


@tool(rate="1000/s", cache_ttl_s=60)
async def limited(number: int) -> int:
    """Has a rate and a cache."""
    return number


@tool
async def free() -> int:
    """Has neither."""
    return 1


@tool(rate="1000/s")
async def rated() -> int:
    """Has a rate and a limit of calls at the same time."""
    return 1


LIMIT = {"free": ToolPolicy(max_concurrent=3), "rated": replace(rated.policy, max_concurrent=3)}


def limits(definition):
    return LIMIT[definition.name]


# What a script does inside is counted too, by its own commands.
INSIDE = {
    "get",
    "set",
    "hget",
    "hvals",
    "time",
    "hincrby",
    "hexists",
    "hgetall",
    "pexpire",
    "expire",
    "zrangebyscore",
    "zcard",
    "zscore",
    "exists",
    "zadd",
    "zremrangebyscore",
}
WATCHING = {"info", "config|resetstat"}


@pytest.fixture
async def valkey(own_valkey):
    state = ValkeyState(own_valkey.url)
    yield state
    await state.aclose()


@pytest.fixture
def round_trips(own_valkey):
    """How many commands Valkey gets from outside while something runs."""

    async def count(run):
        async with Redis.from_url(own_valkey.url) as client:
            await client.config_resetstat()
            await run()
            stats = await client.info("commandstats")
        calls = {name.removeprefix("cmdstat_"): row["calls"] for name, row in stats.items()}
        return sum(count for name, count in calls.items() if name not in INSIDE | WATCHING)

    return count


@tool(rate="100000/s", caller_rate="100000/s")
async def busy() -> int:
    """Has rates so large that tokens can be leased."""
    return 1


async def ten_calls(executor, name, **payload):
    for _ in range(10):
        await executor.execute(name=name, payload=payload)


async def calls_with(executor, numbers):
    for number in numbers:
        await executor.execute(name="limited", payload={"number": number})


async def test_a_call_with_rate_and_cache_waits_for_one_round_trip(
    make_executor, valkey, round_trips, monkeypatch
):
    executor = make_executor(limited, state=valkey)
    monkeypatch.setattr(executor.reporter, "add", lambda report: None)
    await executor.execute(name="limited", payload={"number": 0})
    assert await round_trips(lambda: calls_with(executor, range(1, 11))) == 10


async def test_a_result_of_another_process_costs_one_round_trip_and_then_none(
    make_executor, valkey, round_trips, monkeypatch
):
    one, other = make_executor(limited, state=valkey), make_executor(limited, state=valkey)
    await calls_with(one, range(10))
    await one.flush()
    monkeypatch.setattr(other.reporter, "add", lambda report: None)
    assert await round_trips(lambda: calls_with(other, range(10))) == 10
    assert await round_trips(lambda: calls_with(other, range(10))) == 0


async def test_a_call_with_an_idempotency_key_waits_for_one_round_trip(
    make_executor, valkey, round_trips, monkeypatch
):
    executor = make_executor(limited, state=valkey)
    monkeypatch.setattr(executor.reporter, "add", lambda report: None)
    # Each set of parts is a script of its own, which Valkey is given with the first call that needs it.
    await executor.execute(name="limited", payload={"number": 0}, idempotency_key="the first")

    async def ten():
        for number in range(10):
            await executor.execute(name="limited", payload={"number": 0}, idempotency_key=f"key {number}")

    assert await round_trips(ten) == 10


async def test_a_call_with_neither_waits_for_none(make_executor, valkey, round_trips, monkeypatch):
    executor = make_executor(free, state=valkey)
    monkeypatch.setattr(executor.reporter, "add", lambda report: None)
    await executor.execute(name="free", payload={})
    assert await round_trips(lambda: ten_calls(executor, "free")) == 0


@pytest.fixture
def nobody_looks_after_slots(monkeypatch):
    """What the background says of slots is not what a call waits for."""
    monkeypatch.setattr(Gates, "look_after", lambda gates: None)


async def test_a_slot_is_asked_for_with_all_else(
    make_executor, valkey, round_trips, monkeypatch, nobody_looks_after_slots
):
    executor = make_executor(rated, state=valkey, policies=limits)
    monkeypatch.setattr(executor.reporter, "add", lambda report: None)
    for _ in range(2):  # the first asks for a slot, those after it have one in hand
        await executor.execute(name="rated", payload={})
    assert await round_trips(lambda: ten_calls(executor, "rated")) == 10


async def test_a_slot_in_hand_is_taken_without_a_round_trip(
    make_executor, valkey, round_trips, monkeypatch, nobody_looks_after_slots
):
    executor = make_executor(free, state=valkey, policies=limits)
    monkeypatch.setattr(executor.reporter, "add", lambda report: None)
    await executor.execute(name="free", payload={})
    assert await round_trips(lambda: ten_calls(executor, "free")) == 0


async def test_what_ten_calls_leave_behind_is_sent_together(make_executor, valkey, round_trips):
    executor = make_executor(free, state=valkey)
    await executor.execute(name="free", payload={})
    await executor.flush()

    async def ten():
        await ten_calls(executor, "free")
        await executor.flush()

    assert await round_trips(ten) <= 2


async def test_a_call_with_tokens_in_hand_waits_for_none(make_executor, valkey, round_trips, monkeypatch):
    executor = make_executor(busy, state=valkey)
    monkeypatch.setattr(executor.reporter, "add", lambda report: None)
    asked = []

    async def ask(question):
        asked.append(question)
        return Admission()

    async def until_leased():
        while not any(lease.tokens >= 10 for lease in executor._leases._leases.values()):
            await ten_calls(executor, "busy")

    async with asyncio.timeout(20):
        await until_leased()
        monkeypatch.setattr(valkey, "ask", ask)
        await ten_calls(executor, "busy")
    assert asked == []
