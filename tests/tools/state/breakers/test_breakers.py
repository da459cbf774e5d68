"""What breakers promise beyond opening and closing: slow calls, several probes, longer rests, an admin's word."""

from dataclasses import replace

import pytest

from telemetry.semconv import Outcome
from tools.definition.policy import BreakerHold, BreakerPolicy
from tools.state.base import BreakerState, Decided, Question, Ran

POLICY = BreakerPolicy(failures=3, cooldown_s=15, slow_s=2, slow_share=0.5, probes=2)
QUICK = Ran("crm", Outcome.FIRST_TRY, False, POLICY, duration_s=0.1)
SLOW = replace(QUICK, duration_s=2.5)
FAILED = Ran("crm", Outcome.PROVIDER, True, POLICY)
CRM = Question("crm", probes=2, probe_lease_s=20)


async def state_of(either):
    return (await either.ask(CRM)).breaker


async def rest_over(either, clock):
    await either.report([FAILED] * 3)
    clock.now += 15


async def test_a_breaker_opens_when_half_of_the_calls_are_slow(either):
    await either.report([QUICK] * 3 + [SLOW] * 2)
    assert await state_of(either) is BreakerState.CLOSED
    await either.report([SLOW])
    assert await state_of(either) is BreakerState.OPEN


async def test_a_call_that_takes_just_as_long_as_it_may_is_not_slow(either):
    await either.report([replace(QUICK, duration_s=2.0)] * 10)
    assert await state_of(either) is BreakerState.CLOSED


async def test_no_call_is_slow_where_nobody_said_what_slow_is(either):
    await either.report([replace(SLOW, policy=BreakerPolicy(), duration_s=1000)] * 10)
    assert await state_of(either) is BreakerState.CLOSED


async def test_slow_calls_and_failures_are_not_added_up(either):
    await either.report([SLOW, SLOW, FAILED, FAILED])
    assert await state_of(either) is BreakerState.CLOSED


async def test_as_many_probes_run_as_have_to_succeed(either, clock):
    await rest_over(either, clock)
    assert [await state_of(either) for _ in range(3)] == ["half_open", "half_open", "open"]


async def test_all_probes_have_to_succeed_before_it_closes(either, clock):
    await rest_over(either, clock)
    probes = [(await either.ask(CRM)).probe for _ in range(2)]
    await either.report([replace(QUICK, probe=probes[0])])
    assert await state_of(either) is BreakerState.OPEN  # the second probe still runs
    await either.report([replace(QUICK, probe=probes[1])])
    assert await state_of(either) is BreakerState.CLOSED


async def test_the_first_probe_that_fails_reopens_it_and_the_other_says_nothing_more(either, clock):
    await rest_over(either, clock)
    probes = [(await either.ask(CRM)).probe for _ in range(2)]
    await either.report([replace(FAILED, probe=probes[0])])
    await either.report([replace(FAILED, probe=probes[1])])
    answer = await either.ask(CRM)
    assert (answer.breaker, answer.retry_after_s) == ("open", pytest.approx(30, abs=1e-3))


async def test_a_slow_probe_reopens_it(either, clock):
    await rest_over(either, clock)
    await either.report([replace(SLOW, probe=(await either.ask(CRM)).probe)])
    assert await state_of(either) is BreakerState.OPEN


async def test_each_failed_probe_doubles_the_rest_up_to_eight_times(either, clock):
    await either.report([FAILED] * 3)
    rests = []
    for _ in range(5):
        rests.append(round((await either.ask(CRM)).retry_after_s))
        clock.now += rests[-1] + 0.001
        await either.report([replace(FAILED, probe=(await either.ask(CRM)).probe)])
    assert rests == [15, 30, 60, 120, 120]


async def test_a_breaker_that_closed_begins_with_the_short_rest_again(either, clock):
    await rest_over(either, clock)
    await either.report([replace(FAILED, probe=(await either.ask(CRM)).probe)])
    clock.now += 30.001
    for _ in range(2):
        await either.report([replace(QUICK, probe=(await either.ask(CRM)).probe)])
    await either.report([FAILED] * 3)
    assert (await either.ask(CRM)).retry_after_s == pytest.approx(15, abs=1e-3)


async def test_an_admin_opens_a_breaker_that_counted_nothing(either):
    await either.report([Decided("crm", open=True, policy=POLICY)])
    assert (await either.ask(CRM)).retry_after_s == pytest.approx(15, abs=1e-3)


async def test_an_admin_closes_a_breaker_and_what_it_counted_is_forgotten(either):
    await either.report([FAILED] * 3)
    await either.report([Decided("crm", open=False)])
    await either.report([FAILED] * 2)
    assert await state_of(either) is BreakerState.CLOSED
    assert either.breaker_state("crm") is BreakerState.CLOSED


async def test_a_breaker_held_closed_refuses_nothing_and_still_counts(either):
    await either.report([FAILED] * 3)
    held = await either.ask(replace(CRM, breaker_hold=BreakerHold.CLOSED))
    assert (held.breaker, held.probe) == (BreakerState.CLOSED, "")
    assert await state_of(either) is BreakerState.OPEN


async def test_a_breaker_held_open_refuses_before_anything_is_taken(either):
    held = await either.ask(replace(CRM, breaker_hold=BreakerHold.OPEN))
    assert held.breaker is BreakerState.OPEN
