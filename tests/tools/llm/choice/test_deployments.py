"""Who is asked first is chosen, and the choice learns from the turn: real requests to the lab."""

import asyncio
import os
from contextlib import aclosing
from dataclasses import replace
from decimal import Decimal

import pytest

from salesboost.lab import Reply, ToolUse
from tests.tools.llm.models import ask, asked, deployment, question, weather
from tools.llm.adapters.errors import ModelError
from tools.llm.choice.choices import Choices
from tools.llm.experiments.given import Given
from tools.llm.here import complete
from tools.llm.providers import live as providers
from tools.llm.providers.endings import Ending
from tools.llm.providers.snapshot import Known, Snapshot
from tools.llm.routing import Entry, Route, Routed
from tools.llm.routing.budget import Budget
from tools.llm.routing.health import KNOWN_S
from tools.llm.routing.route import Trial, Wish
from tools.llm.turns import EndedBy
from tools.running import runtime
from tools.selection import live, process
from tools.selection.group import Group, Weights
from tools.selection.models import LoggedDecision

NAMES = ("groq", "xai", "gemini")
GROUP = Group(name="models", members=NAMES, kind="deployment", policy="thompson")
WRONG = Reply(calls=[ToolUse("weather", {"town": "Rome"})])


@pytest.fixture(autouse=True)
def group():
    with live.pinned({"models": GROUP}):
        yield


@pytest.fixture
def route(lab):
    """Three of one rank, and one behind them."""
    first = tuple(Entry(deployment=deployment(lab, name)) for name in NAMES)
    return Route(name="chat", entries=(*first, Entry(deployment=deployment(lab, "anthropic"), rank=1)))


async def logged(selector):
    await selector.flush()
    return [row async for row in LoggedDecision.objects.order_by("decided_at", "pk")]


def chats(recorded):
    return [span.attributes for span in recorded.get_finished_spans() if span.name.startswith("chat")]


def chosen_in(said):
    return {name.rpartition(".")[2]: value for name, value in said.items() if ".selection." in name}


async def test_who_is_asked_first_is_drawn_and_its_span_says_why(turns, route, selector, recorded, clock):
    turn = await turns.execute(route, question(asked()))
    (row,) = await logged(selector)
    assert (row.group, row.member) == ("models", turn.deployment)
    assert (row.success, row.latency_ms, row.cost_usd) == (True, 0.0, 0.0)
    assert row.probabilities == pytest.approx(dict.fromkeys(NAMES, 1 / 3), abs=1e-6)
    first, second = chats(recorded)
    assert chosen_in(first) == {
        "group": "models",
        "policy": "thompson",
        "reason": row.reason,
        "decision_id": str(row.pk),
        "propensity": row.propensity,
    }
    assert "decision_id" not in chosen_in(second)


async def test_whom_an_experiment_is_about_is_not_drawn(turns, route, selector):
    about = {"experiment": "e", "run": 1, "run_number": 1, "arm": 1, "arm_label": "new", "unit": "u", "stratum": 0}
    trial = Trial(entry=route.entries[0], given=Given(**about, version="groq"))

    async def drawn(wish):
        question = {"stream": False, "wish": wish, "lead": Choices(selector)}
        pieces = [
            piece
            async for piece in turns.router.ask(route, lambda where, simpler: ask(where, asked()), **question)
        ]
        assert isinstance(pieces[-1], Routed)
        return len(await logged(selector))

    # Also where the experiment is about another than who would be first: each is drawn by lot alone.
    assert await drawn(Wish(trials={"anthropic": trial})) == 0
    assert await drawn(Wish()) == 1


async def test_time_and_money_of_the_turn_are_told(lab, make_turns, route, selector, clock):
    def price(*about):
        clock.now += 1.5  # each answer takes a while
        return Decimal("0.25")

    turns = make_turns(selector, price=price)
    with live.pinned({"models": replace(GROUP, weights=Weights(0.1, 0.2))}):
        turn = await turns.execute(route, question(asked()))
    (row,) = await logged(selector)
    assert (row.cost_usd, turn.usd) == (0.5, Decimal("0.5")) and row.latency_ms >= 3000
    assert row.reward == pytest.approx(1 - 0.1 * row.latency_ms / 1000 - 0.2 * 0.5)


async def test_who_calls_wrongly_is_asked_less_and_less(lab, turns, route, selector, clock):
    lab.fail("invented_tool", vendor="groq", times=None)
    for _ in range(40):
        await turns.execute(route, question(asked()))
        await selector.flush()
        clock.now += 0.01
    made = await logged(selector)
    assert {row.success for row in made if row.member == "groq"} == {False}
    assert all(row.success for row in made if row.member != "groq") and len(made) == 40
    assert sum(row.member == "groq" for row in made[20:]) <= 2 < sum(row.member == "xai" for row in made)
    assert made[-1].probabilities["groq"] < 0.1


async def test_a_conversation_stays_with_who_knows_it_and_draws_no_more(turns, route, selector):
    turn = await turns.execute(route, question(asked()))
    for _ in range(5):
        later = await turns.execute(route, question(turn.transcript.ask("And in Rome?")))
        assert later.deployment == turn.deployment
    assert len(await logged(selector)) == 1


async def test_a_wrong_call_is_a_failure_of_who_was_chosen(lab, turns, route, selector):
    lab.say(WRONG)
    turn = await turns.execute(route, question(asked(), tools=(weather,)))
    (row,) = await logged(selector)
    assert (turn.ended_by, row.success) == (EndedBy.ANSWER, False)


async def test_where_another_answers_it_is_a_failure_of_who_was_chosen(lab, turns, route, selector, recorded):
    lab.fail("overloaded")
    turn = await turns.execute(route, question(asked()))
    (row,) = await logged(selector)
    first, second, _ = chats(recorded)
    assert first["salesboost.deployment"] == row.member != turn.deployment == second["salesboost.deployment"]
    assert row.success is False and chosen_in(first)["decision_id"] == str(row.pk) and not chosen_in(second)


async def test_a_turn_that_fails_is_told_of_once(lab, turns, route, selector):
    lab.fail("overloaded", times=4)
    with pytest.raises(ModelError):
        await turns.execute(route, question(asked()))
    (row,) = await logged(selector)
    assert row.success is False
    assert sum(arm.n for arm in (await selector.known("models")).values()) == 1


@pytest.mark.parametrize("fault", ["invalid_request", "content_filter"])
async def test_what_is_wrong_with_the_question_teaches_nothing(lab, turns, route, selector, fault):
    lab.fail(fault)
    with pytest.raises(ModelError):
        await turns.execute(route, question(asked()))
    (row,) = await logged(selector)
    assert row.told_at is None


async def test_of_whom_nobody_waited_for_nothing_is_learnt(lab, turns, route, selector):
    lab.fail("silence")
    turn = asyncio.create_task(turns.execute(route, question(asked())))
    while not lab.requests:
        await asyncio.sleep(0.01)
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    (row,) = await logged(selector)
    assert row.told_at is None


async def test_who_failed_before_the_user_went_away_has_failed(lab, turns, route, selector):
    lab.fail("overloaded")
    lab.fail("silence")
    turn = asyncio.create_task(turns.execute(route, question(asked())))
    while len(lab.requests) < 2:
        await asyncio.sleep(0.01)
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    (row,) = await logged(selector)
    assert row.success is False and row.member == lab.requests[0].vendor


async def test_who_closes_a_stream_in_mid_answer_teaches_nothing(turns, route, selector):
    async with aclosing(turns.stream(route, question(asked("Tell me a story."), tools=()))) as events:
        await anext(events)
    (row,) = await logged(selector)
    assert row.told_at is None


async def test_who_rests_is_not_in_the_draw_and_chances_are_of_the_others(lab, turns, route, selector, clock):
    lab.fail("wrong_key", vendor="groq", times=None)
    for _ in range(30):
        await turns.execute(route, question(asked()))
        await selector.flush()
        clock.now += 0.01
    made = await logged(selector)
    places = [place for place, row in enumerate(made) if row.member == "groq"]
    # Once to find out that its key is wrong, and once to be told that it rests.
    assert [made[place].success for place in places] == [False, False]
    for row in made[places[1] + 1 :]:
        assert row.left_out == ["groq"]
        assert row.probabilities["groq"] == 0 and "Left out: groq (it rests for" in row.reason
        assert sum(row.probabilities.values()) == pytest.approx(1)
        assert row.propensity == row.probabilities[row.member]
    clock.now += KNOWN_S
    await turns.execute(route, question(asked()))
    assert (await logged(selector))[-1].probabilities["groq"] > 0


async def test_why_somebody_is_left_out_is_said_with_the_name_once(route, selector):
    wish = Wish(avoid={"xai": "xai: it called x wrongly"})
    await Choices(selector).first(list(route.entries[:3]), wish, {})
    (row,) = await logged(selector)
    assert "Left out: xai (it called x wrongly)." in row.reason


async def test_who_is_switched_off_is_not_in_the_draw(turns, route, selector):
    able = replace(route, entries=route.entries[1:])
    with live.pinned({"models": replace(GROUP, closed=(("groq", "switched off"),))}):
        for _ in range(5):
            await turns.execute(able, question(asked()))
    made = await logged(selector)
    assert {row.member for row in made} <= {"xai", "gemini"} and len(made) == 5
    assert all("Left out: groq (switched off)." in row.reason for row in made)


async def test_others_are_asked_in_their_usual_order_behind_it(lab, make_turns, selector, route):
    turns = make_turns(selector)
    lab.fail("overloaded", times=3)
    turn = await turns.execute(route, question(asked()))
    assert turn.deployment == "anthropic"  # of the next rank, after all of the first
    assert {request.vendor for request in lab.requests[:3]} == set(NAMES)


@pytest.mark.parametrize(
    "groups",
    [
        {},
        {"models": replace(GROUP, kind="other")},
        {"models": replace(GROUP, members=("groq", "anthropic"))},  # of two ranks
        {"models": replace(GROUP, members=("groq", "elsewhere"))},
    ],
)
async def test_without_a_group_of_one_rank_all_is_as_weights_say(turns, route, selector, recorded, groups):
    with live.pinned(groups):
        await turns.execute(route, question(asked()))
    assert await logged(selector) == [] and not chosen_in(chats(recorded)[0])


async def test_who_has_no_selector_asks_nobody(make_turns, route, recorded, monkeypatch):
    def asked_for():
        raise AssertionError("The groups are read.")

    monkeypatch.setattr(live, "current", asked_for)
    await make_turns().execute(route, question(asked()))
    assert not chosen_in(chats(recorded)[0])


async def test_one_beside_the_group_keeps_its_share(make_turns, lab, selector, recorded):
    """Weights say how often the group is asked, and the group who of it."""
    weights = {"groq": 1, "xai": 1, "gemini": 1e9}
    entries = [Entry(deployment=deployment(lab, name), weight=weight) for name, weight in weights.items()]
    turns = make_turns(selector)
    with live.pinned({"models": replace(GROUP, members=("groq", "xai"))}):
        for _ in range(5):
            await turns.execute(Route(name="chat", entries=tuple(entries)), question(asked()))
    assert {said["salesboost.deployment"] for said in chats(recorded)} == {"gemini"}
    assert await logged(selector) == []


async def test_one_answer_without_a_turn_is_learnt_from_too(
    lab, route, settings, make_executor, monkeypatch, transactional_db
):
    settings.TOOL_BANDIT_ENABLED = True
    settings.TOOL_BANDIT_REDIS_KEY = f"tests:choice:{os.urandom(6).hex()}"
    process.shutdown()
    monkeypatch.setitem(runtime._executors, os.getpid(), make_executor(weather))
    known = {
        entry.deployment.name: Known(
            deployment=entry.deployment, budget=Budget.of_deployment(entry.deployment.name), ending=Ending(None)
        )
        for entry in route.entries
    }
    with providers.pinned(Snapshot(known, {"default": route.entries})):
        await complete("Hi.")
        lab.fail("invalid_request")
        with pytest.raises(ModelError):
            await complete("Hi.")
        good, wrong = await logged(process.get_tool_selector())
    assert (good.success, wrong.success) == (True, None) and good.latency_ms > 0
    process.shutdown()
