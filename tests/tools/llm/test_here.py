"""The installation's own models, by their names."""

import os
from dataclasses import replace

import pytest

from salesboost.lab import Reply, ToolUse
from tests.tools.llm.models import deployment, weather
from tools.llm.adapters.base import Delta
from tools.llm.here import complete, conversation, stream
from tools.llm.prompts.families import Rung
from tools.llm.providers import live
from tools.llm.providers.endings import Ending
from tools.llm.providers.errors import UnknownRoute
from tools.llm.providers.snapshot import Known, Snapshot
from tools.llm.routing import Discard, Entry
from tools.llm.routing.budget import Budget
from tools.llm.turns.question import Told
from tools.running import runtime


@pytest.fixture(autouse=True)
def installed(lab, make_executor, monkeypatch):
    """A route over two deployments of the lab, and a tool."""
    monkeypatch.setitem(runtime._executors, os.getpid(), make_executor(weather))
    both = deployment(lab, "gemini"), deployment(lab, "groq")
    known = {
        one.name: Known(deployment=one, budget=Budget.of_deployment(one.name), ending=Ending(None)) for one in both
    }
    route = tuple(Entry(deployment=one, rank=rank) for rank, one in enumerate(both))
    with live.pinned(Snapshot(known, {"default": route})):
        yield


class Rungs:
    name = "sales"

    def __call__(self, where, rung):
        return Told(system=f"Be {rung.value}.")


async def test_one_answer_whole_and_in_pieces(lab):
    lab.say(Reply(text="Hello."), Reply(text="Hello again."))
    assert (await complete("Hi.", system="Be brief.")).parts[-1].text == "Hello."
    *pieces, answer = [piece async for piece in stream("Hi.", "groq")]
    assert all(isinstance(piece, Delta) for piece in pieces) and answer.parts[-1].text == "Hello again."
    assert [(asked.vendor, asked.system) for asked in lab.requests] == [("gemini", "Be brief."), ("groq", "")]


async def test_a_conversation_has_the_tools_and_stays_with_who_answers(lab):
    lab.fail("overloaded", vendor="gemini")
    lab.say(Reply(calls=[ToolUse("weather", {"city": "Rome"})]))
    talk = await conversation(tools=(weather,), system="Be brief.")
    turn = await talk.say("How is the weather?", caller_role="coach")
    assert (turn.deployment, turn.text != "", len(turn.answers)) == ("groq", True, 2)
    assert (await talk.say("Thank you.")).deployment == "groq"


async def test_what_a_vendor_cannot_read_is_asked_with_the_simpler_prompt(lab):
    lab.fail("malformed_call", vendor="gemini")
    await complete("Hi.", system=Rungs())
    assert [asked.system for asked in lab.requests] == [f"Be {rung.value}." for rung in list(Rung)[:2]]


async def test_a_draft_that_is_given_up_is_told(lab):
    lab.fail("cut_stream", vendor="groq")
    with pytest.raises(UnknownRoute, match="There is no route 'defautl'"):
        await complete("Hi.", "defautl")
    first, second = live.current().routes["default"]
    turned = (replace(first, rank=1), replace(second, rank=0))
    with live.pinned(Snapshot(live.current().deployments, {"default": turned})):
        pieces = [piece async for piece in stream("Hi.")]
    assert any(isinstance(piece, Discard) for piece in pieces) and pieces[-1].parts
