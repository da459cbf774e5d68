import asyncio

import pytest

from telemetry import semconv
from telemetry.semconv import Outcome
from tools.definition.policy import BreakerPolicy
from tools.errors import BreakerOpen, InvalidArguments, ProviderError, ReturnedFailure, ToolBug, ToolTimeout
from tools.running.admissions import Admissions
from tools.stages.breaker import Breaker
from tools.state.base import Ran

POLICY = BreakerPolicy(failures=2, cooldown_s=15)


@pytest.fixture
def breaker(state, reports, clock):
    return Breaker(clock, state, Admissions(state, reports), reports)


@pytest.fixture
def call(make_call):
    return make_call(breaker=POLICY)


async def fail(breaker, call, after, error):
    with pytest.raises(type(error)):
        await breaker(call, after(error))


async def rest_now(state):
    await state.report([Ran("echo", Outcome.PROVIDER, True, POLICY)] * 2)


@pytest.mark.parametrize(
    ("error", "counts"),
    [
        (ToolTimeout("slow"), True),
        (ProviderError("down"), True),
        (ToolBug("bug"), True),
        (ReturnedFailure("no such customer"), False),
        (InvalidArguments("no"), False),
    ],
    ids=lambda value: getattr(value, "code", str(value)),
)
async def test_only_what_is_out_of_order_counts_as_failure(breaker, call, after, reports, error, counts):
    await fail(breaker, call, after, error)
    assert reports == [Ran("echo", error.layer, counts, POLICY)]


async def test_a_resting_tool_is_not_called(breaker, state, call, after):
    await rest_now(state)
    rest = after()
    with pytest.raises(BreakerOpen, match=r"try again in 15\.0 s") as caught:
        await breaker(call, rest)
    assert (rest.calls, caught.value.retry_after_s) == ([], pytest.approx(15))


async def test_after_its_rest_one_call_probes_and_closes_the_breaker(breaker, state, clock, call, after, reports):
    await rest_now(state)
    clock.now += 15
    assert (await breaker(call, after(7))).result == 7
    with pytest.raises(BreakerOpen):  # the answer of the probe is not reported yet
        await breaker(call, after(8))
    await state.report(reports)
    assert (await breaker(call, after(9))).result == 9


async def test_a_probe_that_fails_makes_the_tool_rest_again(breaker, state, clock, call, after, reports):
    await rest_now(state)
    clock.now += 15
    await fail(breaker, call, after, ProviderError("still down"))
    await state.report(reports)
    with pytest.raises(BreakerOpen, match=r"30\.0 s"):
        await breaker(call, after())


async def test_a_cancelled_probe_frees_the_place_of_the_probe(breaker, state, clock, call, after, reports):
    await rest_now(state)
    clock.now += 15
    with pytest.raises(asyncio.CancelledError):
        await breaker(call, after(asyncio.CancelledError()))
    await state.report(reports)
    assert (await breaker(call, after(7))).result == 7


async def test_the_state_stands_on_the_span(breaker, state, clock, call, after, span_of):
    assert (await span_of(breaker(call, after()))).attributes[semconv.BREAKER_STATE] == "closed"
    await rest_now(state)
    assert (await span_of(breaker(call, after()))).attributes[semconv.BREAKER_STATE] == "open"
    clock.now += 15
    assert (await span_of(breaker(call, after()))).attributes[semconv.BREAKER_STATE] == "half_open"
