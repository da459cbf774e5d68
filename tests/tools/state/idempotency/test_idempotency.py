"""What both kinds of shared state promise of idempotency keys."""

from dataclasses import replace

import pytest

from tools.definition.policy import Rate
from tools.state.base import Claim, Look, Looked, Lookup, Question, Settled

FIRST = Claim("k", "f" * 64, "call_1", lease_s=10)
AGAIN = replace(FIRST, owner="call_2")
ANOTHER = replace(AGAIN, fingerprint="e" * 64)


async def earlier(state, claim=AGAIN):
    """What became of the call that has the key; "" where this call got it."""
    found = (await state.ask(Question("crm", claim=claim))).earlier
    return (found.state, found.ending) if found else ""


async def test_the_first_call_gets_the_key_and_the_next_learns_that_it_runs(either):
    assert await earlier(either, FIRST) == ""
    assert await earlier(either) == ("runs", b"")


async def test_a_later_call_gets_the_ending_of_the_first(either):
    await earlier(either, FIRST)
    await either.report([Settled(FIRST, b"ok\x00\xff", 60)])
    assert await earlier(either) == ("ended", b"ok\x00\xff")


async def test_a_call_that_leaves_no_ending_frees_the_key(either):
    await earlier(either, FIRST)
    await either.report([Settled(FIRST, None)])
    assert await earlier(either) == ""


async def test_another_call_may_not_use_the_key_while_the_first_runs_nor_after(either):
    await earlier(either, FIRST)
    assert await earlier(either, ANOTHER) == ("another", b"")
    await either.report([Settled(FIRST, b"ok", 60)])
    assert await earlier(either, ANOTHER) == ("another", b"")


async def test_the_ending_of_a_call_that_lost_its_key_does_not_count(either):
    await earlier(either, FIRST)
    await either.report([Settled(FIRST, None)])
    await earlier(either, AGAIN)
    await either.report([Settled(FIRST, b"late", 60)])
    assert await earlier(either) == ("runs", b"")


async def test_an_ending_is_not_overwritten(either):
    await earlier(either, FIRST)
    await either.report([Settled(FIRST, b"ok", 60), Settled(FIRST, None), Settled(AGAIN, b"no", 60)])
    assert await earlier(either) == ("ended", b"ok")


async def test_a_refused_call_takes_no_key(either):
    question = Question("crm", rate=Rate(1, 60))
    await either.ask(question)
    assert not (await either.ask(replace(question, claim=FIRST))).allowed
    assert await earlier(either) == ""


async def test_a_call_that_comes_again_costs_no_token(either):
    question = Question("crm", rate=Rate(2, 60))
    for _ in range(3):
        await either.ask(replace(question, claim=FIRST))
    assert (await either.ask(question)).allowed


async def test_endings_and_results_of_one_report_keep_apart(either):
    other = replace(FIRST, key="other")
    await either.report(
        [Settled(FIRST, b"one", 60), Looked("crm", "c", Look.MISS, b"kept", 60), Settled(other, b"two", 60)]
    )
    assert (await either.ask(Question("crm", lookup=Lookup("c")))).cached == b"kept"
    assert await earlier(either, FIRST) == ("ended", b"one")
    assert await earlier(either, other) == ("ended", b"two")


async def test_a_key_is_free_again_when_its_lease_is_over_in_memory(state, clock):
    await earlier(state, FIRST)
    clock.now += 10
    assert await earlier(state) == ""


async def test_a_key_is_free_again_when_its_lease_is_over_in_valkey(valkey):
    await earlier(valkey, replace(FIRST, lease_s=10))
    client = valkey._here().client
    left_ms = await client.pttl(f"{valkey._prefix}idempotency:k")
    assert left_ms == pytest.approx(10_000, abs=500)
    await valkey.report([Settled(FIRST, b"ok", 60)])
    assert await client.pttl(f"{valkey._prefix}idempotency:k") == pytest.approx(60_000, abs=500)
