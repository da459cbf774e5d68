"""Calls at the same time, through a whole executor with real waiting."""

import asyncio
import time

import pytest

from telemetry import semconv
from tools import tool
from tools.definition.policy import BreakerPolicy, ToolPolicy
from tools.errors import ProviderError, QueueFull, QueueTimeout
from tools.state.base import BreakerState, Decided
from tools.state.memory import MemoryState
from tools.state.slots.gate import Gate


class Work:
    """A tool that runs until it is told to end, and what was seen of it."""

    def __init__(self):
        self.running = self.most = 0
        self.began = []
        self.may_end = asyncio.Event()

    async def run(self, number):
        self.began.append(number)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await self.may_end.wait()
        finally:
            self.running -= 1
        return number


@pytest.fixture
def work():
    return Work()


@pytest.fixture
def limited(make_executor, work):
    """An executor of the tool ``work`` with real clocks; its policy as given."""

    def make(**policy):
        @tool(name="work")
        async def run(number: int = 0, fails: bool = False) -> int:
            """Runs until told."""
            if fails:
                raise ProviderError("down")
            return await work.run(number)

        return make_executor(
            run,
            state=MemoryState(),
            clock=time.perf_counter,
            sleep=asyncio.sleep,
            policies=lambda definition: ToolPolicy(**{"max_concurrent": 2, **policy}),
        )

    return make


def start(executor, count, **request):
    return [
        asyncio.ensure_future(executor.execute(name="work", payload={"number": number}, **request))
        for number in range(count)
    ]


async def until(holds):
    async with asyncio.timeout(30):
        while not holds():
            await asyncio.sleep(0.002)


def gate_of(executor):
    return executor.gates._gates.get("work") or Gate("work", "none", time.monotonic)


async def all_slots_free(executor):
    """Within a moment: what is in hand is given back after 50 ms."""
    await until(lambda: not gate_of(executor).busy)
    in_use = (await executor.state.slots_in_use(["work"]))["work"]
    assert (in_use.taken, in_use.waiting) == (0, 0)


async def test_no_more_calls_run_than_may_and_all_of_them_end(limited, work):
    executor = limited()
    calls = start(executor, 20)
    await until(lambda: work.running == 2)
    work.may_end.set()
    assert [result.result for result in await asyncio.gather(*calls)] == list(range(20))
    assert work.most == 2
    await all_slots_free(executor)


async def test_calls_of_one_caller_run_in_the_order_in_which_they_came(limited, work):
    executor = limited(max_concurrent=1)
    calls = start(executor, 8)
    work.may_end.set()
    await asyncio.gather(*calls)
    assert work.began == list(range(8))


async def test_a_caller_with_many_calls_keeps_another_waiting_for_one_turn(limited, work):
    executor = limited(max_concurrent=1)
    many = start(executor, 8, caller_id="greedy")
    await until(lambda: gate_of(executor).waiting == 7)
    [one] = start(executor, 1, caller_id="modest")
    await until(lambda: gate_of(executor).waiting == 8)
    work.may_end.set()
    await one
    assert len(work.began) <= 4
    await asyncio.gather(*many)


async def test_a_full_queue_refuses_at_once_and_says_when_to_come_again(limited, work):
    executor = limited(max_queued=3)
    calls = start(executor, 5)
    await until(lambda: gate_of(executor).waiting == 3)
    with pytest.raises(QueueFull, match="3 calls of 'work' already wait") as caught:
        await executor.execute(name="work", payload={})
    assert (caught.value.code, caught.value.status, caught.value.layer) == ("queue_full", 429, "rate_limit")
    assert caught.value.retry_after_s is not None
    work.may_end.set()
    await asyncio.gather(*calls)


async def test_the_wait_suggested_follows_how_long_calls_take(limited, work):
    executor = limited(max_concurrent=1, max_queued=1)
    work.may_end.set()
    await executor.execute(name="work", payload={})
    work.may_end.clear()
    gate = gate_of(executor)
    gate._service_s = 2.0
    calls = start(executor, 2)
    await until(lambda: gate.waiting == 1)
    with pytest.raises(QueueFull, match=r"4\.0 s") as caught:
        await executor.execute(name="work", payload={})
    assert caught.value.retry_after_s == pytest.approx(4)
    work.may_end.set()
    await asyncio.gather(*calls)


async def test_a_call_waits_no_longer_than_its_deadline(limited, work):
    executor = limited(max_concurrent=1)
    [running] = start(executor, 1)
    await until(lambda: work.running == 1)
    with pytest.raises(QueueTimeout) as caught:
        await executor.execute(name="work", payload={}, deadline_s=0.05)
    assert (caught.value.code, caught.value.layer) == ("queue_timeout", "timeout")
    assert gate_of(executor).waiting == 0
    work.may_end.set()
    await running
    await all_slots_free(executor)


async def test_a_cancelled_call_leaves_the_queue_and_the_next_is_served(limited, work):
    executor = limited(max_concurrent=1)
    calls = start(executor, 3)
    await until(lambda: gate_of(executor).waiting == 2)
    calls[1].cancel()
    await until(lambda: gate_of(executor).waiting == 1)
    work.may_end.set()
    await asyncio.gather(calls[0], calls[2])
    assert work.began == [0, 2]
    await all_slots_free(executor)


async def test_a_call_that_fails_gives_its_slot_back(limited):
    executor = limited(max_concurrent=1)
    for _ in range(3):
        with pytest.raises(ProviderError):
            await executor.execute(name="work", payload={"fails": True}, deadline_s=2)
    await all_slots_free(executor)


async def test_the_span_says_how_long_the_call_waited(limited, work, spans):
    executor = limited(max_concurrent=1)
    calls = start(executor, 2)
    await until(lambda: gate_of(executor).waiting == 1)
    work.may_end.set()
    await asyncio.gather(*calls)
    waits = [span.attributes.get(semconv.QUEUE_WAIT_MS) for span in spans.get_finished_spans()]
    assert waits[0] is None
    assert waits[1] > 0


async def test_waiting_for_a_turn_makes_no_call_slow(limited, work):
    executor = limited(max_concurrent=1, breaker=BreakerPolicy(failures=1, slow_s=0.2, slow_share=0.1))
    first, second = start(executor, 2)
    await until(lambda: gate_of(executor).waiting == 1)
    waited_since = time.perf_counter()
    await until(lambda: time.perf_counter() - waited_since > 0.19)
    first.cancel()
    await asyncio.sleep(0.03)
    work.may_end.set()
    assert (await second).queued_s > 0.19
    await executor.flush()
    assert executor.state.breaker_state("work") is BreakerState.CLOSED


async def test_neither_a_full_queue_nor_a_late_turn_counts_against_the_tool(limited, work):
    executor = limited(max_concurrent=1, max_queued=1, breaker=BreakerPolicy(failures=1, share=0.01))
    [running] = start(executor, 1)
    await until(lambda: work.running == 1)
    late = executor.execute(name="work", payload={}, deadline_s=0.05)
    full = executor.execute(name="work", payload={}, deadline_s=0.05)
    endings = await asyncio.gather(late, full, return_exceptions=True)
    assert {type(ending) for ending in endings} == {QueueTimeout, QueueFull}
    await executor.flush()
    assert executor.state.breaker_state("work") is BreakerState.CLOSED
    work.may_end.set()
    await running


async def test_calls_that_wait_are_refused_when_the_tool_begins_to_rest(limited, work):
    executor = limited(max_concurrent=1)
    calls = start(executor, 2)
    await until(lambda: gate_of(executor).waiting == 1)
    await executor.state.report([Decided("work", open=True)])
    work.may_end.set()
    endings = await asyncio.gather(*calls, return_exceptions=True)
    assert [getattr(ending, "code", "worked") for ending in endings] == ["worked", "breaker_open"]
    await all_slots_free(executor)


async def test_an_admin_who_allows_fewer_calls_means_those_that_wait_too(limited, work):
    policy = {"max_concurrent": 3}
    executor = limited()
    executor._policies = lambda definition: ToolPolicy(**policy)
    calls = start(executor, 6)
    await until(lambda: work.running == 3)
    policy["max_concurrent"] = 1
    calls += start(executor, 1)
    work.most = 0
    work.may_end.set()
    await asyncio.gather(*calls)
    assert work.most <= 3
    await all_slots_free(executor)


async def test_a_tool_without_a_limit_has_no_gate(limited, work):
    executor = limited(max_concurrent=0)
    work.may_end.set()
    await executor.execute(name="work", payload={})
    assert executor.gates._gates == {}


async def test_calls_of_several_threads_share_the_limit(limited, work):
    executor = limited()
    running, most = 0, 0

    async def run(number):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return number

    work.run = run
    loops = [asyncio.to_thread(asyncio.run, crowd(executor, 10)) for _ in range(3)]
    await asyncio.gather(*loops, crowd(executor, 10))
    assert most <= 2
    await all_slots_free(executor)


async def crowd(executor, count):
    await asyncio.gather(*(executor.execute(name="work", payload={"number": number}) for number in range(count)))
