"""The leases of a process, and of two that share a bucket."""

import asyncio
import json
import subprocess
import sys
import threading

import pytest
from django.conf import settings

from tools.definition.policy import Rate
from tools.process.background import BackgroundLoop
from tools.state.base import Question
from tools.state.buckets.bucket import Bucket
from tools.state.buckets.lease import TRUSTED_S
from tools.state.buckets.leases import Leases
from tools.state.memory import MemoryState
from tools.state.valkey import ValkeyState

LARGE = Bucket("rate", "crm", Rate(100_000, 60.0))
OTHER = Bucket("caller_rate", "crm:ana", Rate(100_000, 60.0))
SMALL = Bucket("rate", "kb", Rate(10, 60.0))


class Idle:
    """Stands for the background loop: runs nothing, the test does."""

    loop = running = object()

    def submit(self, coroutine):
        coroutine.close()


@pytest.fixture
def leases(state, clock):
    return Leases(state, Idle(), clock)


async def make_busy(leases, *buckets):
    """Use *buckets* so often that tokens are leased."""
    for _ in range(30):
        leases.take(buckets)
    leases._clock.now += 0.01
    assert await leases.refill()


async def test_a_busy_bucket_is_served_from_the_hand(leases):
    assert not leases.take([LARGE])
    await make_busy(leases, LARGE)
    assert leases.take([LARGE])


async def test_a_small_bucket_is_never_leased(leases):
    for _ in range(1000):
        assert not leases.take([SMALL])
    assert not await leases.refill()


async def test_a_call_takes_from_all_its_buckets_or_from_none(leases):
    await make_busy(leases, LARGE)
    held = leases._leases["crm"].tokens
    assert not leases.take([LARGE, OTHER])
    assert leases._leases["crm"].tokens == held
    await make_busy(leases, LARGE, OTHER)
    assert leases.take([LARGE, OTHER])


async def test_an_edited_rate_is_another_bucket(leases):
    await make_busy(leases, LARGE)
    assert not leases.take([Bucket("rate", "crm:edited", Rate(200_000, 60.0))])


async def test_what_is_held_ends_where_nobody_renews_it(leases, clock):
    await make_busy(leases, LARGE)
    clock.now += TRUSTED_S
    assert not leases.take([LARGE])


async def test_what_is_left_can_be_given_back(leases, state):
    await make_busy(leases, LARGE)
    await leases.release()
    assert state._buckets._level(LARGE).full_at(state._clock()) == pytest.approx(state._clock())
    assert not leases.take([LARGE])


async def test_calls_go_on_asking_while_nothing_can_be_leased(clock, caplog):
    class Away:
        async def lease(self, process, wishes):
            raise RuntimeError("no")

    leases = Leases(Away(), Idle(), clock)
    await make_busy(leases, LARGE)
    assert not leases.take([LARGE])
    assert "no tokens could be leased" in caplog.text


async def test_idle_hands_stop_asking(leases, clock):
    await make_busy(leases, LARGE)
    for _ in range(200):
        clock.now += 0.01
        if not await leases.refill():
            break
    assert leases._leases == {}


async def test_buckets_of_many_callers_are_forgotten(leases):
    for number in range(5000):
        leases.take([Bucket("caller_rate", f"crm:{number}", LARGE.rate)])
    assert len(leases._leases) <= 1000


def test_threads_never_use_a_token_twice(state, clock):
    """Eight threads empty one lease at the same time."""
    leases, taken = Leases(state, Idle(), clock), []
    asyncio.run(make_busy(leases, LARGE))
    held = leases._leases["crm"].tokens
    threads = [
        threading.Thread(target=lambda: taken.extend(leases.take([LARGE]) for _ in range(200))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sum(taken), leases._leases["crm"].tokens) == (held, 0)


USER = """
import asyncio, json, sys, time
from tools.process.background import BackgroundLoop
from tools.definition.policy import Rate
from tools.state.base import Question
from tools.state.buckets.bucket import buckets_of
from tools.state.buckets.leases import Leases
from tools.state.valkey import ValkeyState

async def main(url, prefix):
    state, background = ValkeyState(url, prefix=prefix), BackgroundLoop("leases")
    leases, question = Leases(state, background), Question("crm", rate=Rate(4000, 86400.0))
    buckets, in_hand, asked, refused_at = buckets_of("crm", question), 0, 0, None
    while refused_at is None or time.monotonic() < refused_at + 1.0:
        if leases.take(buckets):
            in_hand += 1
        elif (await state.ask(question)).allowed:
            asked += 1
        else:
            refused_at = refused_at or time.monotonic()
        await asyncio.sleep(0)
    background.submit(leases.release()).result(5)
    background.stop()
    await state.aclose()
    print(json.dumps([in_hand, asked]))

asyncio.run(main(*sys.argv[1:]))
"""


def test_two_processes_with_leases_share_one_bucket_exactly(valkey):
    """4,000 tokens that hardly come back: none is used twice, and what is not used is not more than the leases."""
    command = [sys.executable, "-c", USER, settings.REDIS_URL, valkey._prefix]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    found = [json.loads(process.communicate(timeout=50)[0]) for process in processes]
    in_hand, asked = (sum(column) for column in zip(*found, strict=True))
    assert in_hand > 500
    assert 4000 - 2 * 80 <= in_hand + asked <= 4001


async def test_the_background_loop_fills_hands_by_itself(clock):
    background = BackgroundLoop("tests")
    valkey = ValkeyState(settings.REDIS_URL, prefix="tests:leases:")
    leases = Leases(valkey, background)
    try:
        async with asyncio.timeout(20):
            while not leases.take([LARGE]):
                await asyncio.sleep(0.001)
    finally:
        await asyncio.wrap_future(background.submit(leases.release()))
        background.stop()
        await valkey.aclose()


async def test_what_is_leased_from_memory_counts_as_taken(clock):
    state = MemoryState(clock=clock)
    leases = Leases(state, Idle(), clock)
    rate = Rate(500, 1e9)
    bucket = Bucket("rate", f"crm:{rate.count}/{rate.per_s}/{rate.burst}", rate)
    await make_busy(leases, bucket)
    asked = 0
    while (await state.ask(Question("crm", rate=rate))).allowed:
        asked += 1
    assert asked + leases._leases[bucket.key].tokens == 500
