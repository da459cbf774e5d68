"""Valkey and memory, given the same history, answer the same; and memory answers as the plain definition does."""

import asyncio
import secrets

from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from telemetry.semconv import Outcome
from tools.definition.policy import BreakerPolicy, Rate
from tools.state.base import BreakerState, Question, Ran
from tools.state.breakers.part import WINDOW_SLOTS
from tools.state.memory import MemoryState
from tools.state.valkey import ValkeyState

POLICY = BreakerPolicy(failures=3, share=0.5, window_s=30, cooldown_s=15)
RATE = Rate(5, 10)

# What may happen to one tool: time passes, a call asks, calls end (as probe or not, well, badly or cut short).
QUICK = hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.sampled_from([0.25, 1.0, 2.0, 5.0, 15.0, 31.0])),
        st.tuples(st.just("ask"), st.booleans()),
        st.tuples(
            st.just("end"),
            st.lists(st.tuples(st.sampled_from([True, False, None]), st.booleans()), min_size=1, max_size=5),
        ),
    ),
    max_size=40,
)


async def play(state, clock, steps):
    """Do *steps* to *state*; all that it answered."""
    answers, probes = [], []
    for kind, detail in steps:
        if kind == "wait":
            clock.now += detail
        elif kind == "ask":
            answer = await state.ask(Question("crm", rate=RATE if detail else None, probe_lease_s=20))
            answers.append((answer.allowed, answer.breaker, round(answer.retry_after_s, 3)))
            probes += [answer.probe] if answer.probe else []
        else:
            await state.report(
                [
                    Ran("crm", Outcome.PROVIDER, failed, POLICY, probes.pop() if probe and probes else "")
                    for failed, probe in detail
                ]
            )
    return answers


@given(steps=STEPS)
@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_valkey_answers_as_memory_does(make_clock, steps):
    async def both():
        here, there = make_clock(), make_clock()
        valkey = ValkeyState(settings.REDIS_URL, now=there, prefix=f"tests:{secrets.token_hex(6)}:")
        try:
            assert await play(valkey, there, steps) == await play(MemoryState(clock=here), here, steps)
        finally:
            await valkey.aclose()

    asyncio.run(both())


class PlainBucket:
    """A token bucket as the book has it: a number of tokens that grows with time."""

    def __init__(self, rate, now):
        self.rate, self.tokens, self.at = rate, rate.count, now

    def take(self, now):
        self.tokens = min(self.rate.count, self.tokens + (now - self.at) * self.rate.count / self.rate.per_s)
        self.at = now
        if self.tokens < 1 - 1e-6:
            return False
        self.tokens -= 1
        return True


@given(waits=st.lists(st.sampled_from([0.0, 0.0, 0.5, 1.0, 2.0, 7.0, 30.0]), max_size=60))
@QUICK
def test_the_bucket_is_a_token_bucket(make_clock, waits):
    async def compare():
        clock = make_clock()
        state, plain = MemoryState(clock=clock), PlainBucket(RATE, clock())
        for wait_s in waits:
            clock.now += wait_s
            answer = await state.ask(Question("crm", rate=RATE))
            assert answer.allowed is plain.take(clock())

    asyncio.run(compare())


@given(ends=st.lists(st.tuples(st.sampled_from([0.5, 3.0, 10.0]), st.booleans()), max_size=60))
@QUICK
def test_the_breaker_opens_by_the_share_of_failures_in_its_window(make_clock, ends):
    async def compare():
        clock, seen = make_clock(), []
        state, width_s = MemoryState(clock=clock), POLICY.window_s / WINDOW_SLOTS
        for wait_s, failed in ends:
            clock.now += wait_s
            seen.append((int(clock() / width_s), failed))
            await state.report([Ran("crm", None, failed, POLICY)])
            window = [bad for slot, bad in seen if slot > seen[-1][0] - WINDOW_SLOTS]
            opens = sum(window) >= POLICY.failures and sum(window) >= POLICY.share * len(window)
            assert (state.breaker_state("crm") is BreakerState.OPEN) is opens
            if opens:
                return

    asyncio.run(compare())
