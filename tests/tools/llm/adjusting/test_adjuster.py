"""Rounds are counted and standings moved over all processes: evidence in Valkey, standings in Postgres."""

import asyncio
import os
import time

import pytest

from tests.tools.llm.adjusting.conftest import PLACE
from tools.llm.adjusting.deciding import PATIENCE_S, PROBED_SHARE
from tools.llm.adjusting.keeping import Place
from tools.llm.adjusting.models import RungMove, RungStanding
from tools.llm.prompts.families import Rung

pytestmark = pytest.mark.django_db(transaction=True)
DETAILED, SIMPLE, MINIMAL = Rung.DETAILED, Rung.SIMPLE, Rung.MINIMAL


def rounds(adjuster, wrong, right=0, rung=DETAILED, lower=SIMPLE, place=PLACE):
    for _ in range(wrong):
        adjuster.told(place, rung, lower, right=False)
    for _ in range(right):
        adjuster.told(place, rung, lower, right=True)


async def moves():
    return [(move.from_rung, move.to_rung, move.reason) async for move in RungMove.objects.order_by("id")]


async def until(holds, seconds=5.0):
    """Seconds until it holds; at most *seconds*."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds
        await asyncio.sleep(0.02)
    return time.monotonic() - began


async def test_wrong_rounds_of_two_processes_together_lead_down_in_both_within_5_s(make_adjuster):
    one, other = make_adjuster(), make_adjuster()
    assert (one.rung(PLACE), other.rung(PLACE)) == (DETAILED, DETAILED)
    rounds(one, wrong=2, right=1)
    rounds(other, wrong=1, right=1)
    assert await until(lambda: one.rung(PLACE) is other.rung(PLACE) is SIMPLE) < 5
    assert await moves() == [("detailed", "simple", "3 of 5 rounds in 5 min called wrongly at detailed")]


async def test_of_many_who_see_the_same_evidence_one_makes_the_move(make_adjuster):
    several = [make_adjuster(sleep=lambda seconds: asyncio.sleep(0.2)) for _ in range(5)]
    for adjuster in several:
        adjuster.rung(PLACE)
        rounds(adjuster, wrong=2)
    await until(lambda: all(adjuster.rung(PLACE) is SIMPLE for adjuster in several))
    await asyncio.gather(*(adjuster.judge(PLACE) for adjuster in several))
    assert len(await moves()) == 1
    assert await RungStanding.objects.acount() == 1


async def test_a_deployment_or_version_is_not_moved_by_another_s_rounds(make_adjuster):
    adjuster = make_adjuster()
    rounds(adjuster, wrong=9)
    await until(lambda: adjuster.rung(PLACE) is SIMPLE)
    assert adjuster.rung(Place("support@3", "xai")) is DETAILED
    assert adjuster.rung(Place("support@4", "groq")) is DETAILED


async def test_probes_lead_up_again(make_adjuster, clock):
    adjuster = make_adjuster()
    rounds(adjuster, wrong=5)
    await until(lambda: adjuster.rung(PLACE) is SIMPLE)
    clock.now += PATIENCE_S
    prober = make_adjuster(chance=lambda: PROBED_SHARE - 0.01)
    assert (adjuster.rung(PLACE), prober.rung(PLACE)) == (SIMPLE, DETAILED)
    rounds(prober, wrong=0, right=5)
    await until(lambda: adjuster.rung(PLACE) is DETAILED)
    assert (await moves())[1] == (
        "simple",
        "detailed",
        "0 of 5 rounds in 5 min called wrongly when detailed was tried",
    )


async def test_probes_that_fail_leave_it_and_say_so(make_adjuster, clock):
    adjuster = make_adjuster()
    rounds(adjuster, wrong=5)
    await until(lambda: adjuster.rung(PLACE) is SIMPLE)
    clock.now += PATIENCE_S
    rounds(adjuster, wrong=3)  # at the detailed rung
    await until(lambda: adjuster._keeping.standing(PLACE).patience_s == 2 * PATIENCE_S)
    assert adjuster.rung(PLACE) is SIMPLE
    assert str(await RungMove.objects.afirst()) == "support@3 at groq: stays simple"


async def test_it_rests_where_it_is_told_to(make_adjuster):
    adjuster = make_adjuster()
    rounds(adjuster, wrong=5)
    await until(lambda: adjuster.rung(PLACE) is SIMPLE)
    resting = make_adjuster(rests=lambda prompt: prompt == PLACE.prompt)
    assert resting.rung(PLACE) is DETAILED
    rounds(resting, wrong=9)
    await resting.judge(PLACE)
    assert len(await moves()) == 1


async def test_words_of_one_turn_have_no_ladder(make_adjuster):
    adjuster, nameless = make_adjuster(), Place("", "groq")
    rounds(adjuster, wrong=9, place=nameless)
    await adjuster.judge(nameless)
    assert (adjuster.rung(nameless), await moves()) == (DETAILED, [])


async def test_a_wiped_valkey_takes_the_evidence_and_leaves_the_standing(make_adjuster):
    from redis.asyncio import Redis

    adjuster = make_adjuster()
    rounds(adjuster, wrong=5)
    await until(lambda: adjuster.rung(PLACE) is SIMPLE)
    async with Redis.from_url(os.environ["REDIS_URL"]) as valkey:
        await valkey.flushdb()
    assert adjuster.rung(PLACE) is SIMPLE
    await adjuster.judge(PLACE)
    assert len(await moves()) == 1


async def test_a_choice_asks_nobody(make_adjuster):
    adjuster = make_adjuster()
    rounds(adjuster, wrong=5)
    await until(lambda: adjuster.rung(PLACE) is SIMPLE)
    adjuster._state = None  # and no query is possible on an event loop
    assert adjuster.rung(PLACE) is SIMPLE
