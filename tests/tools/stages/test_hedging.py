import asyncio

import pytest

from telemetry import semconv
from tools import tool
from tools.errors import ProviderError, ReturnedFailure
from tools.running.admissions import Admissions
from tools.stages.hedging import MOST, Hedging

DOWN = ProviderError("down")
HANGS = object()


@tool(idempotent=True, hedge_after_s=0.5)
async def look_up() -> int:
    """May be asked twice."""
    return 1


class Attempts:
    """Stands for the execution: each attempt ends as it is told in turn, or hangs until it is cancelled."""

    def __init__(self, after, *endings):
        self.after = after(*[ending for ending in endings if ending is not HANGS])
        self.endings = list(endings)
        self.begun = self.cancelled = 0

    async def __call__(self, call):
        self.begun += 1
        if self.endings and self.endings.pop(0) is not HANGS:
            return await self.after(call)
        try:
            return await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


@pytest.fixture
def hedging(clock, state, reports):
    return Hedging(clock, clock.sleep, Admissions(state, reports))


async def test_an_attempt_that_answers_in_time_is_alone(hedging, make_call, after):
    attempts = Attempts(after, 7)
    result = await hedging(make_call(look_up), attempts)
    assert (result.result, result.hedges, attempts.begun) == (7, 0, 1)


async def test_a_second_attempt_begins_beside_a_slow_one_and_its_answer_counts(hedging, make_call, after, clock):
    began, attempts = clock.now, Attempts(after, HANGS, 7)
    result = await hedging(make_call(look_up), attempts)
    await asyncio.sleep(0)
    assert (result.result, result.hedges, attempts.begun, attempts.cancelled) == (7, 1, 2, 1)
    assert clock.now - began == 0.5


class SlowFirst(Attempts):
    """The first attempt ends when the second has begun, which then ends or hangs as it is told."""

    def __init__(self, after, first, second):
        super().__init__(after, second)
        self.first = after(first)
        self.second_began = asyncio.Event()

    async def __call__(self, call):
        if self.begun == 0:
            self.begun = 1
            await self.second_began.wait()
            return await self.first(call)
        self.second_began.set()
        return await super().__call__(call)


async def test_the_first_attempt_may_still_win(hedging, make_call, after, span_of):
    attempts = SlowFirst(after, 7, HANGS)
    span = await span_of(hedging(make_call(look_up), attempts))
    await asyncio.sleep(0)
    assert (span.attributes[semconv.HEDGED], attempts.cancelled) == ("lost", 1)


async def test_an_attempt_that_fails_leaves_the_answer_to_the_other(hedging, make_call, after):
    assert (await hedging(make_call(look_up), SlowFirst(after, 7, DOWN))).result == 7


async def test_a_failure_that_will_not_pass_is_an_answer(hedging, make_call, after):
    attempts = Attempts(after, HANGS, ReturnedFailure("no such customer"))
    with pytest.raises(ReturnedFailure) as caught:
        await hedging(make_call(look_up), attempts)
    await asyncio.sleep(0)
    assert (caught.value.hedges, attempts.cancelled) == (1, 1)


async def test_a_tool_that_is_not_idempotent_is_never_hedged(hedging, make_call, after):
    attempts = Attempts(after, HANGS, 7)
    task = asyncio.ensure_future(hedging(make_call(hedge_after_s=0.5), attempts))
    for _ in range(5):
        await asyncio.sleep(0)
    assert attempts.begun == 1
    task.cancel()


async def test_cancelling_the_call_cancels_both_attempts(hedging, make_call, after):
    attempts = Attempts(after, HANGS, HANGS)
    task = asyncio.ensure_future(hedging(make_call(look_up), attempts))
    while attempts.begun < 2:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0)
    assert attempts.cancelled == 2


async def test_hedges_are_a_tenth_of_the_calls_once_the_saved_ones_are_spent(hedging, make_call, after):
    hedged = 0
    for _ in range(105):
        slow = asyncio.ensure_future(hedging(make_call(look_up), attempts := Attempts(after, HANGS, 7)))
        for _ in range(10):
            await asyncio.sleep(0)
        hedged += attempts.begun - 1
        slow.cancel()
        await asyncio.gather(slow, return_exceptions=True)
    assert MOST < hedged <= MOST + 10


async def test_both_attempts_are_events_and_the_span_says_which_won(hedging, make_call, after, span_of):
    span = await span_of(hedging(make_call(look_up), Attempts(after, HANGS, 7)))
    assert span.attributes[semconv.HEDGED] == "won"
    told = [event.attributes for event in span.events]
    endings = [(one[semconv.ATTEMPT_HEDGE], one.get(semconv.ATTEMPT_ERROR)) for one in told]
    assert endings == [("first", "cancelled"), ("second", None)]
    assert [one[semconv.ATTEMPT_DELAY_MS] for one in told] == [0.0, 500.0]


async def test_two_attempts_that_fail_are_two_events_and_the_first_ones_error(hedging, make_call, after, span_of):
    first, second = ProviderError("first", code="one"), ProviderError("second", code="two")
    span = await span_of(hedging(make_call(look_up), SlowFirst(after, first, second)))
    assert [event.attributes[semconv.ATTEMPT_ERROR] for event in span.events] == ["one", "two"]
    with pytest.raises(ProviderError, match="first") as caught:
        await hedging(make_call(look_up), SlowFirst(after, first, second))
    assert caught.value.hedges == 1


def test_hedging_a_tool_that_is_not_idempotent_is_refused_at_once():
    with pytest.raises(ValueError, match="hedge_after_s is for tools that are idempotent"):

        @tool(hedge_after_s=1)
        async def pay() -> None:
            """Pays."""


async def test_attempts_of_a_call_are_counted_with_its_hedges(make_executor, spans, clock):
    tries = []

    @tool(idempotent=True, hedge_after_s=0.5, retries=1)
    async def shaky() -> int:
        """Fails, then hangs, then works."""
        tries.append(1)
        if len(tries) == 1:
            raise DOWN
        if len(tries) == 2:
            await asyncio.Event().wait()
        return len(tries)

    result = await make_executor(shaky).execute(name="shaky", payload={})
    (span,) = spans.get_finished_spans()
    numbers = [event.attributes[semconv.ATTEMPT_NUMBER] for event in span.events]
    assert (result.result, result.retry_count, numbers) == (3, 1, [1, 2, 2])
    assert span.attributes[semconv.ATTEMPTS] == 3
