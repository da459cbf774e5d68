"""Valkey and memory, given the same history of calls and leases, answer the same."""

import asyncio
import secrets

from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tools.definition.policy import Rate
from tools.state.base import Question
from tools.state.buckets.bucket import buckets_of
from tools.state.buckets.lease import Wish
from tools.state.memory import MemoryState
from tools.state.valkey import ValkeyState

RATES = {"rate": Rate(8, 4.0, 20), "caller_rate": Rate(5, 2.0)}
FEW = st.integers(0, 6)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.sampled_from([0.25, 0.5, 1.0, 2.0, 15.0])),
        st.tuples(st.just("ask"), st.sampled_from("ab")),
        st.tuples(st.just("lease"), st.tuples(st.sampled_from("pq"), st.sampled_from("ab"), FEW, FEW, FEW)),
    ),
    max_size=40,
)


async def play(state, clock, steps):
    """Do *steps* to *state*; all that it answered."""
    answers = []
    for kind, detail in steps:
        if kind == "wait":
            clock.now += detail
        elif kind == "ask":
            answer = await state.ask(Question("crm", caller=detail, **RATES))
            answers.append((answer.allowed, answer.refused_by, round(answer.retry_after_s, 3)))
        else:
            process, caller, *wish = detail
            buckets = buckets_of("crm", Question("crm", caller=caller, **RATES))
            answers.append(await state.lease(process, [Wish(bucket, *wish) for bucket in buckets]))
    return answers


@given(steps=STEPS)
@hypothesis_settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_valkey_and_memory_give_the_same_tokens(make_clock, steps):
    async def both():
        here, there = make_clock(), make_clock()
        valkey = ValkeyState(settings.REDIS_URL, now=there, prefix=f"tests:{secrets.token_hex(6)}:")
        try:
            assert await play(valkey, there, steps) == await play(MemoryState(clock=here), here, steps)
        finally:
            await valkey.aclose()

    asyncio.run(both())
