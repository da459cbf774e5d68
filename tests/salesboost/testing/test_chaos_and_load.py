"""Bad days of the lab by name, and loads: with turns over a route of three of its models."""

import asyncio

import pytest

from salesboost.lab import FAULTS
from salesboost.testing.chaos import PROFILES, chaos
from salesboost.testing.load import Load, load
from tools import tool
from tools.llm.calling import ModelClient
from tools.llm.routing import Entry, Route
from tools.llm.turns import Conversation, Turns


@tool
async def weather(city: str) -> dict[str, int]:
    """The weather of a city."""
    return {"degrees": 21}


@pytest.fixture
def route(lab_deployment):
    where = [lab_deployment(vendor, timeout_s=1.0) for vendor in ("openai", "groq", "gemini")]
    return Route(name="three", entries=tuple(Entry(deployment=each, rank=rank) for rank, each in enumerate(where)))


@pytest.fixture
async def say(make_executor, route):
    """Says turn *turn* of conversation *number*."""
    client, executor, known = ModelClient(), make_executor(weather), {}

    async def said(number, turn):
        if number not in known:
            known[number] = Conversation(route, Turns(client, executor), system="Be brief.", tools=(weather,))
        return await known[number].say("What is the weather in Rome?")

    yield said
    await client.aclose()


@pytest.mark.parametrize("name", PROFILES)
async def test_a_route_of_three_answers_whatever_happens_to_the_first(say, provider_lab, chaos, name):
    with chaos(name, vendor="openai"):
        figures = await load(Load(conversations=4, turns=2, side_by_side=4), say)
    assert (figures.turns, figures.failed) == (8, 0), figures.errors
    assert figures.tokens > 0 and figures.latency_ms(0.95) >= figures.latency_ms(0.5) > 0


async def test_where_nothing_answers_each_turn_has_failed_and_why_is_counted(say, chaos):
    with chaos("outage"):
        figures = await load(Load(conversations=3, turns=2), say)
    assert figures.failed == figures.turns == 6 and figures.latency_ms(0.5) is None
    assert set(figures.errors) <= {"broken_stream", "overloaded"}  # once all rest, nobody is asked any more
    assert str(figures).endswith("6 failed, none succeeded")


async def test_nothing_of_a_bad_day_stays_and_others_orders_do(say, provider_lab):
    provider_lab.fail("overloaded", vendor="xai", times=None)
    with chaos(provider_lab, "outage"), chaos(provider_lab, "slow"):
        assert provider_lab.latency_ms == 800.0
    assert provider_lab.latency_ms == 0.0
    assert [order.fault for order in provider_lab.script._orders] == ["overloaded"]
    assert (await load("smoke", say)).failed == 0


async def test_so_many_go_on_at_a_time_and_no_more(say):
    figures = await load(Load(conversations=12, side_by_side=3), say)
    assert figures.most_at_once == 3 and figures.turns == 12 and figures.failed == 0
    assert figures.turns_per_s > 0


async def test_a_load_is_timed_by_the_clock_that_is_given():
    now = 0.0

    async def slow(number, turn):
        nonlocal now
        now += 2.0
        raise TimeoutError

    with pytest.raises(TimeoutError):
        await load(Load(conversations=1), slow, clock=lambda: now)
    assert now == 2.0


def test_each_profile_has_faults_that_there_are():
    known = {fault for faults in FAULTS.values() for fault in faults}
    assert {fault for profile in PROFILES.values() for fault in profile.faults} <= known
    for vendor, faults in FAULTS.items():
        assert faults.keys() & PROFILES["malformed"].faults.keys(), vendor


def test_names_that_there_are_not_are_said(provider_lab):
    with pytest.raises(ValueError, match="There is no chaos profile 'bad': use one of flaky, overloaded,"):
        chaos(provider_lab, "bad").__enter__()
    with pytest.raises(ValueError, match="The lab has no vendor 'acme': use one of"):
        chaos(provider_lab, "flaky", vendor="acme").__enter__()
    with pytest.raises(ValueError, match="There is no load profile 'huge': use one of smoke, steady, burst"):
        asyncio.run(load("huge", None))
    with pytest.raises(ValueError, match="A load has one conversation or more"):
        Load(conversations=0)
