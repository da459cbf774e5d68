"""A version is tried in the admin with a model of the lab: also one that no label points at."""

import html
import os
import re

import pytest
from django.test import Client
from django.urls import reverse
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from salesboost.lab import Reply, ToolUse
from tests.tools.llm.models import deployment
from tests.tools.llm.prompt_rows import a_prompt, plain_draft
from tools import tool
from tools.llm.calling import Deployment
from tools.llm.prompts import live as prompts
from tools.llm.prompts.admin.preview import MODELS, models_asked
from tools.llm.prompts.families import Family
from tools.llm.prompts.models import Prompt
from tools.llm.prompts.writing import write
from tools.llm.providers import live
from tools.llm.providers.endings import Ending
from tools.llm.providers.snapshot import Known, Snapshot
from tools.llm.routing import Entry
from tools.llm.routing.budget import Budget
from tools.running import runtime

pytestmark = pytest.mark.django_db(transaction=True)
ASKED = {"route": "anthropic", "text": "Double 21.", "value-customer": "Acme"}


@tool(description="Twice the number.")
async def double(number: int) -> int:
    return number * 2


def known(where, lacks=""):
    budget = Budget.of_deployment(where.name)
    return Known(deployment=where, budget=budget, ending=Ending(None), lacks=lacks)


@pytest.fixture
def lab(provider_lab, make_executor, no_edits, monkeypatch):
    provider = TracerProvider(shutdown_on_exit=False)
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    monkeypatch.setitem(runtime._executors, os.getpid(), make_executor(double))
    sold = Deployment(
        name="sold", provider="openai", model="gpt-6-sol", base_url="https://api.openai.com/v1", key="k"
    )
    all_of = [
        known(deployment(provider_lab, "anthropic")),
        known(sold),
        known(deployment(provider_lab, "xai"), "off"),
    ]
    routes = {"default": (Entry(deployment=all_of[0].deployment),)}
    with live.pinned(Snapshot({one.name: one for one in all_of}, routes)), prompts.pinned(prompts.Snapshot()):
        yield provider_lab


@pytest.fixture
def boss(client, person):
    client.force_login(person("boss", "admin", is_staff=True))
    return client


def address(prompt, number, page="run"):
    return reverse(f"admin:prompts_prompt_{page}", args=[prompt.pk, number])


def text_of(answer):
    assert answer.status_code == 200
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def test_the_form_offers_whom_there_is_and_says_what_costs_money(boss, lab):
    told = text_of(boss.get(address(a_prompt(), 1, "version")))
    assert "route default anthropic (claude-sonnet-5-5) sold (gpt-6-sol): costs money" in told
    assert "xai" not in told and "Run it (spends money where the choice says so)" in told
    with live.pinned(Snapshot({"anthropic": known(deployment(lab, "anthropic"))})):
        assert "Run it (costs nothing" in text_of(boss.get(address(a_prompt("other"), 1, "version")))
    with live.pinned(Snapshot()):
        assert "No deployment can be asked: give one" in text_of(
            boss.get(address(a_prompt("third"), 1, "version"))
        )


def test_just_that_version_is_sent_though_no_label_points_at_it(boss, lab):
    lab.say(Reply(calls=[ToolUse("double", {"number": 21})]), Reply(text="It is 42."))
    prompt = a_prompt(versions=2, production=1)
    told = text_of(boss.post(address(prompt, 2), {**ASKED, "tools": ["double"]}))
    assert lab.requests[0].system == "Number 2: Acme, nothing"
    assert [offered.name for offered in lab.requests[0].tools] == ["double"]
    assert "What came of version 2" in told and "anthropic answered in 2 rounds:" in told
    assert 'double {"number": 21} 42' in told and "It is 42." in told
    assert re.search(r"[1-9]\d* tokens, \$0", told)
    assert "Double 21." in told and "Acme" in told  # what was typed stays


def test_the_trace_of_it_is_a_click_away(boss, lab):
    page = boss.post(address(a_prompt(), 1), ASKED).content.decode()
    assert re.search(r'href="/traces/[0-9a-f]{32}/">The trace', page)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"text": " "}, "Write what the user says"),
        ({"text": "x" * 100_001}, "too long to be sent"),
        ({"route": "nowhere"}, "There is no route 'nowhere'"),
        ({"route": "xai"}, "off"),
        ({"value-customer": ""}, "customer"),
        ({"tools": ["triple"]}, "triple"),
    ],
)
def test_what_cannot_be_run_is_said_in_a_sentence_and_asks_nobody(boss, lab, changes, said):
    page = boss.post(address(a_prompt(), 1), {**ASKED, **changes}).content.decode()
    assert said in html.unescape(re.search(r'role="alert">(.*?)</p>', page, re.DOTALL)[1])
    assert not lab.requests


def test_a_vendor_that_fails_is_told_with_its_trace(boss, lab):
    lab.fail("forbidden", vendor="anthropic", times=9)
    page = boss.post(address(a_prompt(), 1), ASKED).content.decode()
    assert 'role="alert"' in page and ">The trace</a>" in page


def test_who_may_not_change_prompts_or_run_tools_runs_nothing(lab, person):
    prompt = a_prompt()
    for name, rights in (("olaf", ("operator",)), ("paula", ("prompts.view_prompt", "prompts.change_prompt"))):
        client = Client()
        client.force_login(person(name, *rights, is_staff=True))
        assert client.post(address(prompt, 1), ASKED).status_code == 403
        assert "Ask a model" not in text_of(client.get(address(prompt, 1, "version")))
    assert not lab.requests


def test_a_form_from_elsewhere_or_an_address_alone_runs_nothing(person, lab):
    strict, prompt = Client(enforce_csrf_checks=True), a_prompt()
    strict.force_login(person("boss", "admin", is_staff=True))
    assert strict.post(address(prompt, 1), ASKED).status_code == 403
    assert strict.get(address(prompt, 1)).status_code == 405
    assert strict.get(address(prompt, 9)).status_code == 405
    assert not lab.requests


def test_what_a_model_says_is_shown_and_never_run(boss, lab):
    lab.say(Reply(text="<script>alert(1)</script>"))
    page = boss.post(address(a_prompt(), 1), {**ASKED, "text": "</textarea><script>alert(2)</script>"})
    assert "<script>alert" not in page.content.decode()


def test_the_prompt_of_a_tool_is_tried_as_its_description(boss, lab):
    prompt = Prompt.objects.create(name="tool-double", purpose="What models are told of it.")
    write(prompt, plain_draft("Doubles whole numbers."), "ann")
    boss.post(address(prompt, 1), ASKED)
    (offered,) = lab.requests[0].tools
    assert (offered.name, offered.description, lab.requests[0].system) == ("double", "Doubles whole numbers.", "")
    told = text_of(boss.get(address(prompt, 1, "version")))
    assert "Models are told this of the tool double" in told and '"description": "Doubles whole numbers."' in told


def test_a_preview_counts_by_the_models_that_there_are(lab):
    found = models_asked()
    assert found[Family.DETAILED] == [("anthropic", "claude-sonnet-5-5"), ("openai", "gpt-6-sol")]
    assert found[Family.STRUCTURED] == [("xai", "grok-4.7")] and found[Family.BRIEF] == MODELS[Family.BRIEF]
    with live.pinned(Snapshot()):
        assert models_asked() == MODELS
