"""Budgets: who has used theirs up is passed over, and what answers cost is counted, whole or not."""

import asyncio
import secrets
from dataclasses import replace
from decimal import Decimal

import pytest
from django.conf import settings

from tests.tools.llm.models import ask, asked, deployment
from tools.llm.adapters.base import Ask, Usage
from tools.llm.adapters.capabilities import Capabilities
from tools.llm.adapters.errors import ModelError
from tools.llm.routing import Discard, Entry, NoDeployment, Route, Routed, Router
from tools.llm.routing.budget import Budget, cost_of, estimated, in_dollars, in_hours
from tools.llm.routing.health import Health
from tools.llm.transcript import Origin, Transcript
from tools.process.background import BackgroundLoop
from tools.state.memory import MemoryState
from tools.state.reporter import Reporter
from tools.state.valkey import ValkeyState

CENT = Decimal("0.01")
CRM = Budget.of_key("crm", tokens=1)


@pytest.fixture(params=["memory", "valkey"])
async def state(request, clock):
    """Each test runs on both kinds of shared state."""
    if request.param == "memory":
        yield MemoryState(clock=clock)
        return
    valkey = ValkeyState(settings.REDIS_URL, now=clock, clock=clock, prefix=f"tests:{secrets.token_hex(6)}:")
    yield valkey
    await valkey.aclose()


@pytest.fixture
def health(state):
    background = BackgroundLoop("tests-budgets")
    yield Health(state, Reporter(state, background))
    background.stop()


@pytest.fixture
def router(model_client, health, clock):
    """Each token costs a cent."""
    return Router(model_client, health, price=cents, random=lambda: 0.0, clock=clock)


def cents(provider, model, usage):
    return (usage.input_tokens + usage.output_tokens) * CENT


def asking(where, simpler):
    return ask(where, asked("Say hello to all of us, one after another."), tools=())


def entry(lab, name, rank=0, **budget):
    where = deployment(lab, name)
    return Entry(deployment=where, rank=rank, budget=Budget.of_deployment(where.name, **budget))


async def used(health, budget):
    """Cents and tokens of today."""
    await health.reporter.aflush()
    dollars, tokens = await health.state.quotas_used([budget.dollars, budget.used_tokens])
    return dollars.used / 10_000, tokens.used


async def test_what_an_answer_took_is_counted_for_deployment_and_key(lab, router, health):
    first = entry(lab, "anthropic")
    routed = await router.complete(Route(name="chat", entries=(first,)), asking, spender=CRM)
    tokens = routed.answer.usage.input_tokens + routed.answer.usage.output_tokens
    assert tokens > 0
    assert await used(health, first.budget) == (tokens, tokens)
    assert await used(health, CRM) == (tokens, tokens)


async def test_one_without_a_limit_is_counted_all_the_same(lab, router, health):
    route = Route(name="chat", entries=(Entry(deployment=deployment(lab, "anthropic")),))
    async for piece in router.stream(route, asking):
        last = piece
    tokens = last.answer.usage.input_tokens + last.answer.usage.output_tokens
    assert await used(health, Budget.of_deployment("anthropic")) == (tokens, tokens)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"usd": Decimal("0.05")}, "its budget of $0.05 for today is used up"),
        ({"tokens": 1}, "its budget of 1 tokens for today is used up"),
    ],
)
async def test_who_has_used_it_up_is_passed_over_and_a_span_says_why(lab, router, health, recorded, limits, said):
    route = Route(name="chat", entries=(entry(lab, "anthropic", **limits), entry(lab, "gemini", 1)))
    assert (await router.complete(route, asking)).deployment.name == "anthropic"
    await health.reporter.aflush()
    routed = await router.complete(route, asking)
    assert (routed.deployment.name, routed.tries) == ("gemini", 1)
    assert recorded.get_finished_spans()[-1].attributes["salesboost.route.reason"].startswith(f"anthropic: {said}")


async def test_where_nobody_is_left_the_error_says_so_and_until_when(lab, router, health, clock):
    clock.now = 1_800_000_000.0 // 86_400 * 86_400 + 20.5 * 3600
    route = Route(name="chat", entries=(entry(lab, "anthropic", tokens=1),))
    await router.complete(route, asking)
    await health.reporter.aflush()
    with pytest.raises(NoDeployment, match=r"used up, until midnight UTC in 3 h 30 min"):
        await router.complete(route, asking)


async def test_a_new_day_has_a_new_budget(lab, router, health, clock):
    route = Route(name="chat", entries=(entry(lab, "anthropic", tokens=1),))
    await router.complete(route, asking)
    await health.reporter.aflush()
    clock.now += 86_400
    assert (await router.complete(route, asking)).tries == 1


async def test_a_keys_budget_holds_at_every_deployment_and_for_nobody_else(lab, router, health):
    route = Route(name="chat", entries=(entry(lab, "anthropic"), entry(lab, "gemini", 1)))
    await router.complete(route, asking, spender=CRM)
    await health.reporter.aflush()
    with pytest.raises(NoDeployment) as refused:
        await router.complete(route, asking, spender=CRM)
    assert str(refused.value).count("the key crm's budget of 1 tokens for today is used up") == 2
    assert (await router.complete(route, asking, spender=Budget.of_key("shop", tokens=1))).tries == 1


async def test_what_broke_off_is_counted_by_our_own_reckoning(lab, router, health):
    first, second = entry(lab, "groq"), entry(lab, "gemini", 1)
    lab.fail("cut_stream", vendor="groq")
    pieces = [piece async for piece in router.stream(Route(name="chat", entries=(first, second)), asking)]
    at = next(place for place, piece in enumerate(pieces) if isinstance(piece, Discard))
    usage = estimated(asking(first.deployment, False), sum(len(piece.text) for piece in pieces[:at]))
    assert usage.output_tokens > 0 and isinstance(pieces[-1], Routed)
    assert (await used(health, first.budget))[1] == usage.input_tokens + usage.output_tokens
    assert (await used(health, second.budget))[1] > 0


async def test_what_a_reader_leaves_is_counted_too(lab, router, health):
    first = entry(lab, "anthropic")
    pieces = router.stream(Route(name="chat", entries=(first,)), asking)
    await anext(pieces)
    await pieces.aclose()
    assert (await used(health, first.budget))[1] > 0


@pytest.mark.parametrize("stream", [False, True])
async def test_a_question_that_its_vendor_was_at_work_on_is_counted_before_a_word_is_told(
    lab, router, health, stream
):
    first = entry(lab, "anthropic")
    question = estimated(asking(first.deployment, False), 0).input_tokens
    lab.fail("silence", vendor="anthropic", times=2)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await anext(router.ask(Route(name="chat", entries=(first,)), asking, stream=stream))
    assert (await used(health, first.budget))[1] == question
    hasty = replace(first, deployment=replace(first.deployment, timeout_s=0.3))
    with pytest.raises(ModelError, match="did not answer"):
        await anext(router.ask(Route(name="chat", entries=(hasty,)), asking, stream=stream))
    assert (await used(health, first.budget))[1] == 2 * question


async def test_who_said_nothing_took_nothing(lab, router, health):
    first = entry(lab, "anthropic")
    lab.fail("overloaded", vendor="anthropic")
    with pytest.raises(ModelError):
        await anext(router.stream(Route(name="chat", entries=(first,)), asking))
    assert await used(health, first.budget) == (0, 0)


def test_the_vendors_bill_counts_before_any_price():
    assert cost_of("x", "m", Usage(1, 2), Decimal("0.5"), cents).parts == 500_000
    assert cost_of("x", "m", Usage(1, 2), None, cents).parts == 30_000
    assert cost_of("x", "m", Usage(1, 2), None, lambda provider, model, usage: None).tokens == 3
    assert cost_of("x", "m", None, None, cents).parts == 0
    assert cost_of("x", "m", None, Decimal("0.0000001"), cents).parts == 1


def test_what_is_estimated_grows_with_what_was_asked_and_told():
    def usage(text, told, **about):
        transcript = Transcript().ask(text)
        ask = Ask(origin=Origin("local", "echo"), transcript=transcript, can=Capabilities(), **about)
        return estimated(ask, told)

    small = usage("a" * 400, 9)
    assert 50 < small.input_tokens < 200 and small.output_tokens == 3
    assert usage("a" * 800, 9).input_tokens > small.input_tokens
    assert usage("a" * 400, 9, system="Be brief. " * 40).input_tokens > small.input_tokens + 50


@pytest.mark.parametrize(("usd", "said"), [("5", "$5.00"), ("1234.5", "$1,234.50"), ("0.0025", "$0.0025")])
def test_dollars_are_said_as_people_do(usd, said):
    assert in_dollars(Decimal(usd)) == said


@pytest.mark.parametrize(("seconds", "said"), [(5, "1 min"), (2_700, "45 min"), (12_000, "3 h 20 min")])
def test_how_long_it_is_until_midnight(seconds, said):
    assert in_hours(seconds) == said
