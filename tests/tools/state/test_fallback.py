"""Valkey dies and comes back; calls go on."""

import asyncio
import os
import signal
import time

import pytest

from salesboost.services import wait_until
from telemetry.semconv import Outcome
from tools import tool
from tools.definition.policy import BreakerPolicy
from tools.errors import RateLimited
from tools.process.background import BackgroundLoop
from tools.state.base import BreakerState, Ran
from tools.state.fallback import FallbackState
from tools.state.valkey import ValkeyState


@tool(rate="3/hour")
async def limited() -> int:
    """Three an hour."""
    return 1


@pytest.fixture
def background():
    loop = BackgroundLoop("tests")
    yield loop
    loop.stop()


@pytest.fixture
def fallback(own_valkey, background):
    return FallbackState(ValkeyState(own_valkey.url), background)


@pytest.fixture
def executor(make_executor, fallback):
    return make_executor(limited, state=fallback, clock=time.perf_counter)


async def call(executor):
    return (await executor.execute(name="limited", payload={})).result


async def test_calls_go_on_and_stay_limited_while_valkey_is_away(executor, fallback, own_valkey):
    await call(executor)
    assert fallback.degraded_since is None
    own_valkey.kill()
    assert [await call(executor) for _ in range(3)] == [1, 1, 1]
    with pytest.raises(RateLimited):
        await call(executor)
    assert fallback.degraded_since == pytest.approx(time.time(), abs=5)


async def test_it_comes_back_by_itself_to_what_valkey_remembers(executor, fallback, own_valkey):
    for _ in range(3):
        await call(executor)
    own_valkey.write_to_disk()
    own_valkey.kill()
    await call(executor)
    own_valkey.start()
    assert await asyncio.to_thread(wait_until, lambda: fallback.degraded_since is None, 5)
    with pytest.raises(RateLimited):
        await call(executor)


async def test_news_of_breakers_come_again_after_valkey_was_away(fallback, own_valkey):
    fallback.breaker_state("crm")  # the first use starts to listen
    own_valkey.kill()
    assert await asyncio.to_thread(wait_until, lambda: fallback.degraded_since is not None, 5)
    own_valkey.start()
    assert await asyncio.to_thread(wait_until, lambda: fallback.degraded_since is None, 5)
    elsewhere = ValkeyState(own_valkey.url)
    await elsewhere.report([Ran("crm", Outcome.PROVIDER, True, BreakerPolicy(failures=1))])
    assert await asyncio.to_thread(wait_until, lambda: fallback.breaker_state("crm") is BreakerState.OPEN, 5)
    await elsewhere.aclose()


async def test_a_valkey_that_hangs_delays_one_call_and_no_other(executor, fallback, own_valkey):
    await call(executor)
    os.kill(own_valkey.process.pid, signal.SIGSTOP)
    try:
        began = time.perf_counter()
        await call(executor)
        delayed = time.perf_counter()
        await call(executor)
        ended = time.perf_counter()
    finally:
        os.kill(own_valkey.process.pid, signal.SIGCONT)
    assert delayed - began < 0.6
    assert ended - delayed < 0.1


async def test_a_tool_rests_in_this_process_while_valkey_is_away(fallback, own_valkey):
    own_valkey.kill()
    await fallback.report([Ran("crm", Outcome.PROVIDER, True, BreakerPolicy(failures=1))])
    assert fallback.breaker_state("crm") is BreakerState.OPEN
    assert fallback.breaker_rest_s("crm") > 10


async def test_idempotency_keys_hold_in_this_process_while_valkey_is_away(executor, own_valkey):
    own_valkey.kill()
    endings = [await executor.execute(name="limited", payload={}, idempotency_key="k") for _ in range(2)]
    assert [ending.replayed for ending in endings] == [False, True]
