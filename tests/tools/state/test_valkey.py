"""What only Valkey's state has to prove: many processes are as one."""

import asyncio
import subprocess
import sys

import pytest
from django.conf import settings

from telemetry.semconv import Outcome
from tools.definition.policy import BreakerPolicy
from tools.state.base import ALL_RESULTS, BreakerState, CacheOptions, Look, Looked, Lookup, Question, Ran
from tools.state.valkey import ValkeyState

POLICY = BreakerPolicy(failures=3, share=0.5, window_s=30, cooldown_s=15)

TAKER = """
import asyncio, sys
from tools.definition.policy import Rate
from tools.state.base import Question
from tools.state.valkey import ValkeyState

async def main(url, prefix):
    state = ValkeyState(url, prefix=prefix)
    question = Question("crm", rate=Rate(100, 3600))
    async def one():
        return sum([(await state.ask(question)).allowed for _ in range(30)])
    print(sum(await asyncio.gather(*(one() for _ in range(5)))))
    await state.aclose()

asyncio.run(main(*sys.argv[1:]))
"""


def test_two_processes_share_one_bucket_exactly(valkey):
    commands = [[sys.executable, "-c", TAKER, settings.REDIS_URL, valkey._prefix] for _ in range(2)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    taken = [int(process.communicate(timeout=30)[0]) for process in processes]
    assert sum(taken) == 100


PROBER = TAKER.replace("rate=Rate(100, 3600)", "probe_lease_s=60").replace(".allowed", ".breaker == 'half_open'")


async def test_two_processes_send_one_probe(valkey, clock):
    valkey._now = None  # as in those processes: Valkey's own clock
    await valkey.report([Ran("crm", Outcome.PROVIDER, True, BreakerPolicy(failures=1, cooldown_s=0))])
    commands = [[sys.executable, "-c", PROBER, settings.REDIS_URL, valkey._prefix] for _ in range(2)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    probes = [int((await asyncio.to_thread(process.communicate, timeout=30))[0]) for process in processes]
    assert sum(probes) == 1


async def test_another_process_hears_of_a_breaker_that_opens_and_closes(valkey, clock):
    other = ValkeyState(settings.REDIS_URL, now=clock, clock=clock, prefix=valkey._prefix)
    ready = asyncio.Event()
    listening = asyncio.ensure_future(other.listen(ready.set, lambda: True))
    await asyncio.wait_for(ready.wait(), 5)
    await valkey.report([Ran("crm", Outcome.PROVIDER, True, POLICY)] * 3)
    await until(lambda: other.breaker_state("crm") is BreakerState.OPEN)
    assert other.breaker_rest_s("crm") == pytest.approx(15)
    clock.now += 15
    assert other.breaker_state("crm") is BreakerState.HALF_OPEN
    probe = (await valkey.ask(Question("crm"))).probe
    await valkey.report([Ran("crm", Outcome.FIRST_TRY, False, POLICY, probe)])
    await until(lambda: other.breaker_state("crm") is BreakerState.CLOSED)
    listening.cancel()


async def test_a_new_process_learns_which_breakers_are_open(valkey, clock):
    await valkey.report([Ran("crm", Outcome.PROVIDER, True, POLICY)] * 3)
    ready = asyncio.Event()
    listening = asyncio.ensure_future(valkey.listen(ready.set, lambda: True))
    await asyncio.wait_for(ready.wait(), 5)
    assert valkey.breaker_rest_s("crm") == pytest.approx(15, abs=0.01)
    listening.cancel()


async def test_the_result_read_longest_ago_makes_room(clock):
    options = CacheOptions(max_results=2)
    state = ValkeyState(settings.REDIS_URL, now=clock, cache=options, prefix="tests:lru:")
    await state.cache_drop([ALL_RESULTS])
    for key in "ab":
        clock.now += 1
        await state.report([Looked("crm", key, Look.MISS, b"1", 60)])
    clock.now += 1
    await state.report([Looked("crm", "a", Look.HIT)])
    clock.now += 1
    await state.report([Looked("crm", "c", Look.MISS, b"1", 60)])
    found = [(await state.ask(Question("crm", lookup=Lookup(key)))).cached for key in "abc"]
    assert found == [b"1", None, b"1"]
    await state.aclose()


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_question_that_was_cancelled_leaves_no_reply_for_the_next(valkey):
    await valkey.report([Looked("crm", "k", Look.MISS, b"1", 60)])
    for steps in range(8):
        task = asyncio.ensure_future(valkey.ask(Question("crm", lookup=Lookup("k"))))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (await valkey.ask(Question("crm", lookup=Lookup("other")))).cached is None


async def test_many_questions_at_once_get_their_own_answers(valkey):
    await valkey.report([Looked("crm", str(number), Look.MISS, b"%d" % number, 60) for number in range(50)])
    answers = await asyncio.gather(
        *(valkey.ask(Question("crm", lookup=Lookup(str(number)))) for number in range(50))
    )
    assert [answer.cached for answer in answers] == [b"%d" % number for number in range(50)]
