"""A prompt that lacks a rule, recorded calls of it, a lab to ask and another to reflect."""

import json
import os
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from salesboost.lab import Lab, Reply
from salesboost.testing.deployments import deployment
from telemetry.semconv import PROMPT_VARIANT, Outcome
from telemetry.store.batches import write_spans
from tests.telemetry.builders import make_row
from tests.tools.llm.prompt_rows import CUSTOMER
from tools.definition.registry import build_default_registry
from tools.llm.evolution.models import Evolution, OptimiserRun
from tools.llm.prompts import live as prompts
from tools.llm.prompts.families import Family, Rung
from tools.llm.prompts.labels import move
from tools.llm.prompts.models import PRODUCTION, Prompt
from tools.llm.prompts.writing import Draft, write
from tools.llm.providers import live
from tools.llm.providers.endings import Ending
from tools.llm.providers.snapshot import Known, Snapshot
from tools.llm.routing.budget import Budget
from tools.running import runtime

TEXT = "You help {{customer}} to sell.\nBe kind."
RULE = "Pass action as list."
BETTER = f"{TEXT}\n{RULE}"
ASKED, REFLECTS = "lab-openai", "lab-anthropic"


@pytest.fixture
def coach(db):
    """A prompt whose models read records of the CRM where they should list them."""
    prompt = Prompt.objects.create(name="coach", purpose="Helps to sell.")
    variants = {(Family.DETAILED, Rung.DETAILED): TEXT}
    version = write(prompt, Draft(variants=variants, variables=(CUSTOMER,)), "ann")
    move(prompt.labels.get(name=PRODUCTION), version, by="ann", reason="made so")
    return prompt


@pytest.fixture
def permit(coach):
    return Evolution.objects.create(prompt=coach, optimises=True)


def messages(words, call_id, system="You help ACME to sell.\nBe kind.", arguments=None):
    """Of a model call as they are recorded: what was told, asked and answered."""
    told = {"role": "system", "parts": [{"type": "text", "content": system}]}
    asked = {"role": "user", "parts": [{"type": "text", "content": words}]}
    made = {"type": "tool_call", "id": call_id, "name": "crm_integration", "arguments": arguments or {}}
    return json.dumps({"input": [told, asked], "output": [{"role": "assistant", "parts": [made]}]})


def rows(words, number=0, **changes):
    """A model call and the call of the CRM that it asked for, which came true."""
    trace, call_id = uuid4(), f"call_{uuid4().hex}"
    at = timezone.now() - timedelta(hours=1) + timedelta(seconds=number)
    arguments = changes.pop("arguments", {"action": "list"})
    about = {"trace_id": trace, "model": "gpt-6-sol", "prompt_version": "coach@1", "provider": "openai"}
    outcome = changes.pop("outcome", Outcome.FIRST_TRY)
    origin = changes.pop("origin", "own")
    chat = {
        "messages": messages(words, call_id, arguments=arguments),
        "attributes": {PROMPT_VARIANT: "detailed/detailed"},
        **changes,
    }
    return [
        make_row(operation="chat", tool="", outcome="", span_id=1, start_time=at, origin=origin, **about, **chat),
        make_row(
            **{"operation": "execute_tool", "tool": "crm_integration", "tool_call_id": call_id, "span_id": 2},
            **{"start_time": at + timedelta(milliseconds=10), "outcome": str(outcome), "origin": origin},
            **{"arguments": json.dumps(arguments)},
            **about,
        ),
    ]


def words_of(number):
    return f"Show the crm integration once more, the page of visitor {number}."


@pytest.fixture
def record(db):
    """``record(60)``: that many users said something, and had records of the CRM listed."""

    def made(count, first=0, **changes):
        for number in range(first, first + count):
            write_spans(rows(words_of(number), number, **changes))

    return made


def known(where):
    return Known(deployment=where, budget=Budget.of_deployment(where.name), ending=Ending(None))


class Reflecting(Lab):
    """A lab that answers each request with the next of ``texts``, the last for all more."""

    texts = (BETTER,)

    def __enter__(self):
        self.script.planner = lambda asked: Reply(text=f"Here:\n```\n{self.texts[0]}\n```")
        return super().__enter__()


@pytest.fixture
def reflecting():
    with Reflecting() as lab:
        yield lab


@pytest.fixture
def labs(provider_lab, reflecting, make_executor, monkeypatch):
    """Who is asked, and who reflects; what rests and is spent is this test's alone."""
    monkeypatch.setitem(runtime._executors, os.getpid(), make_executor(*build_default_registry()))
    asked, by = deployment(provider_lab, "openai"), deployment(reflecting, "anthropic")
    there = Snapshot({each.name: known(each) for each in (asked, by)})
    with live.pinned(there), prompts.pinned(prompts.Snapshot()):
        yield provider_lab, reflecting


@pytest.fixture
def wanted(coach, permit):
    """``wanted(most_calls=100)``: a run as somebody fills it in."""

    def made(**changes):
        about = {"prompt": coach, "deployment": ASKED, "reflector": REFLECTS, "most_calls": 200}
        return OptimiserRun(**about | changes)

    return made
