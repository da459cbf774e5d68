"""What follows when a model calls wrongly: the simpler prompt, another model; what worked is remembered."""

import pytest

from salesboost.lab import Reply, ToolUse
from tests.tools.llm.models import asked, deployment, question, weather
from tools.llm.prompts.families import Rung
from tools.llm.routing import Entry, Route
from tools.llm.turns import EndedBy, Turns
from tools.llm.turns.ladder import REMEMBERED_S
from tools.llm.turns.question import Told

WRONG = Reply(calls=[ToolUse("weather", {"town": "Rome"})])
RIGHT = Reply(calls=[ToolUse("weather", {"city": "Rome"})])


class Rungs:
    """Other words at each rung, as a prompt has them."""

    key = "sales@1"

    def __call__(self, deployment, rung):
        return Told(system=f"Be {rung.value}.")

    def of(self, units):
        return self


@pytest.fixture
def turns(model_client, make_executor, clock):
    return Turns(model_client, make_executor(weather), clock=clock)


def systems(lab):
    return [request.system for request in lab.requests]


async def test_the_next_try_takes_the_simpler_prompt_then_the_next_model(lab, turns, recorded):
    first, second = deployment(lab, "groq"), deployment(lab, "xai")
    route = Route(name="chat", entries=(Entry(deployment=first), Entry(deployment=second, rank=1)))
    lab.say(WRONG, WRONG, WRONG, RIGHT)
    turn = await turns.execute(route, question(asked(), telling=Rungs()))
    assert (turn.ended_by, turn.deployment) == (EndedBy.ANSWER, "xai")
    assert systems(lab) == ["Be detailed.", "Be simple.", "Be minimal.", "Be detailed.", "Be detailed."]
    chats = [span for span in recorded.get_finished_spans() if span.name.startswith("chat")]
    assert chats[3].attributes["salesboost.route.reason"] == "groq: it called weather wrongly"
    assert "salesboost.route.reason" not in chats[2].attributes


async def test_words_that_have_no_rungs_lead_to_the_next_model_at_once(lab, turns):
    first, second = deployment(lab, "groq"), deployment(lab, "xai")
    route = Route(name="chat", entries=(Entry(deployment=first), Entry(deployment=second, rank=1)))
    lab.say(WRONG, RIGHT)
    turn = await turns.execute(route, question(asked()))
    assert (turn.ended_by, turn.deployment) == (EndedBy.ANSWER, "xai")


async def test_one_that_is_alone_is_asked_all_the_same(lab, turns):
    lab.say(WRONG, WRONG, RIGHT)
    turn = await turns.execute(deployment(lab, "groq"), question(asked()))
    assert (turn.ended_by, turn.deployment, len(turn.answers)) == (EndedBy.ANSWER, "groq", 4)


async def test_what_worked_in_a_conversation_is_remembered_for_a_while(lab, turns, clock):
    where = deployment(lab, "groq")
    lab.say(WRONG, RIGHT)
    await turns.execute(where, question(asked(), telling=Rungs()), session_id="s1")
    await turns.execute(where, question(asked(), telling=Rungs()), session_id="s1")
    assert set(systems(lab)[3:]) == {"Be simple."}
    lab.forget()
    await turns.execute(where, question(asked(), telling=Rungs()), session_id="s2")
    assert set(systems(lab)) == {"Be detailed."}  # what one needed says little of others
    clock.now += REMEMBERED_S + 1
    lab.forget()
    await turns.execute(where, question(asked(), telling=Rungs()), session_id="s1")
    assert set(systems(lab)) == {"Be detailed."}


async def test_a_call_that_the_vendor_cannot_read_takes_the_simpler_prompt_at_once(lab, turns, recorded):
    where = deployment(lab, "gemini")
    lab.fail("malformed_call")
    turn = await turns.execute(where, question(asked(), telling=Rungs()))
    assert turn.ended_by is EndedBy.ANSWER
    assert systems(lab)[:2] == ["Be detailed.", "Be simple."]


def test_rungs_are_those_of_prompts():
    assert [rung.value for rung in Rung] == ["detailed", "simple", "minimal"]
