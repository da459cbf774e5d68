"""Kept results: Valkey and memory, given the same history, answer the same."""

import asyncio
import secrets

from django.conf import settings
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tools.process.background import BackgroundLoop
from tools.state.base import Dropped, Look, Looked, Lookup, Question
from tools.state.fallback import FallbackState
from tools.state.memory import MemoryState
from tools.state.valkey import ValkeyState

KEYS, TAGS = st.sampled_from("ab"), st.sampled_from(["t", "u", "*", "tool:crm"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.sampled_from([1.0, 9.0, 11.0, 30.0])),
        st.tuples(st.just("ask"), st.tuples(KEYS, st.lists(KEYS, max_size=1))),
        st.tuples(st.just("end"), st.tuples(KEYS, st.booleans(), st.lists(st.sampled_from("tu"), max_size=2))),
        st.tuples(st.just("drop"), TAGS),
    ),
    max_size=25,
)
QUICK = hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


async def play(state, clock, steps):
    """Do *steps* to *state*: calls that look, and end with a result read at their beginning; all it answered."""
    answers, begun = [], {}
    for kind, detail in steps:
        if kind == "wait":
            clock.now += detail
        elif kind == "ask":
            key, like = detail
            answer = await state.ask(Question("crm", lookup=Lookup(key, tuple(like), claim_s=5)))
            begun.setdefault(key, answer.at_s)
            found = answer.found
            said = found and (found.key, found.value, round(found.fresh_s, 2), found.refresh)
            answers.append((said, answer.fetched_elsewhere))
        elif kind == "end":
            key, succeeded, tags = detail
            value = key.encode() if succeeded else None
            since_s = begun.pop(key, clock.now)
            await state.report([Looked("crm", key, Look.MISS, value, 10, 20, tuple(tags), since_s)])
        else:
            await state.report([Dropped((detail,))])
    return answers


@given(steps=STEPS)
@QUICK
def test_valkey_keeps_results_as_memory_does(make_clock, steps):
    async def both():
        here, there = make_clock(), make_clock()
        valkey = ValkeyState(settings.REDIS_URL, now=there, prefix=f"tests:{secrets.token_hex(6)}:")
        try:
            assert await play(valkey, there, steps) == await play(MemoryState(clock=here), here, steps)
        finally:
            await valkey.aclose()

    asyncio.run(both())


async def test_a_drop_says_how_many_results_it_forgot(either):
    kept = [Looked("crm", key, Look.MISS, b"1", 60, 0, ("customer:1",), 0.0) for key in "ab"]
    await either.report([*kept, Looked("crm", "c", Look.MISS, b"1", 60)])
    assert await either.cache_drop(["customer:1"]) == 2
    assert await either.cache_drop(["customer:1"]) == 0


async def test_what_is_dropped_is_told(either):
    heard = []
    either.hear_dropped(heard.append)
    await either.report([Dropped(("customer:1 of two words",))])
    await either.cache_drop(["*"])
    assert set(heard) == {"customer:1 of two words", "*"}


async def test_a_claim_that_nobody_gave_back_ends_by_itself(state, clock):
    question = Question("crm", lookup=Lookup("k", claim_s=5))
    await state.ask(question)
    assert (await state.ask(question)).fetched_elsewhere
    clock.now += 5
    assert not (await state.ask(question)).fetched_elsewhere


async def test_what_was_dropped_while_valkey_was_away_is_dropped_there_when_it_is_back(own_valkey):
    background = BackgroundLoop("tests")
    state, valkey = FallbackState(ValkeyState(own_valkey.url), background), ValkeyState(own_valkey.url)
    await valkey.report([Looked("crm", "k", Look.MISS, b"old", 600, 0, ("customer:1",))])
    own_valkey.write_to_disk()
    own_valkey.kill()
    await state.report([Dropped(("customer:1",))])
    own_valkey.start()
    async with asyncio.timeout(10):
        while state.degraded_since is not None:
            await asyncio.sleep(0.02)
    assert (await valkey.ask(Question("crm", lookup=Lookup("k")))).cached is None
    await valkey.aclose()
    background.stop()
