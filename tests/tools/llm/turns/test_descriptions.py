"""What a vendor is told of a tool: as the prompt of that tool says, at the latest edit, move and roll back."""

import os

import pytest
from asgiref.sync import sync_to_async

from salesboost.lab import Lab
from tests.tools.llm.models import deployment, weather
from tests.tools.llm.prompt_rows import plain_draft
from tools.llm.prompts import live
from tools.llm.prompts.labels import move, to_roll_back_to
from tools.llm.prompts.models import PRODUCTION, Prompt
from tools.llm.prompts.of_tools import described_by, prompt_of
from tools.llm.prompts.writing import write
from tools.llm.transcript import Transcript
from tools.llm.turns import Question, Turns
from tools.llm.turns.descriptions import Described
from tools.llm.turns.question import Words
from tools.running import runtime


class Edited:
    """The prompt of the tool ``weather``, and who is told of it by whom."""

    def __init__(self) -> None:
        self.prompt = Prompt.objects.create(name=prompt_of("weather"), purpose="What models are told of weather.")

    def says(self, text: str) -> None:
        """A new version, and it is live."""
        move(self.label(), write(self.prompt, plain_draft(text), "ann"), by="ann", reason="better")
        live.refresh()

    def rolled_back(self) -> None:
        label = self.label()
        before = to_roll_back_to(label)
        assert before is not None
        move(label, before, by="ann", reason="worse")
        live.refresh()

    def label(self):
        return self.prompt.labels.select_related("prompt", "version").get(name=PRODUCTION)


@pytest.fixture
async def told(provider_lab: Lab, model_client, make_executor, no_edits, monkeypatch):
    """``await told()``: what the vendor received of the tool."""
    executor = make_executor(weather)
    monkeypatch.setitem(runtime._executors, os.getpid(), executor)
    turns = Turns(model_client, executor)

    async def asked(name="anthropic"):
        question = Question(
            transcript=Transcript().ask("Hello."),
            telling=Described(Words("Be brief."), (weather,)),
            tools=(weather,),
        )
        await turns.execute(deployment(provider_lab, name), question)
        return provider_lab.requests[-1].tools[0].description

    yield asked
    live.stop()


@pytest.mark.django_db(transaction=True)
async def test_an_edit_is_what_the_vendor_receives_and_so_is_its_roll_back(told):
    await sync_to_async(live.refresh)()
    assert await told() == "Looks up the weather of a city."
    edited = await sync_to_async(Edited)()
    for text in ("Tells the weather.", "Tells degrees.", "Tells rain."):
        await sync_to_async(edited.says)(text)
        assert await told() == text
    for text in ("Tells degrees.", "Tells the weather."):
        await sync_to_async(edited.rolled_back)()
        assert await told() == text


def test_which_prompt_describes_which_tool():
    assert prompt_of("crm_integration") == "tool-crm_integration"
    assert prompt_of("crm.Lookup/Ä") == "tool-crm-lookup--"
    assert described_by("tool-crm-lookup", ["other", "crm.lookup"]) == "crm.lookup"
    assert described_by("tool-gone", ["other"]) == described_by("coach", ["coach"]) == ""
