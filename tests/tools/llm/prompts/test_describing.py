"""From a tool's page in the admin to the prompt that describes it."""

import html
import os
import re

import pytest
from django.urls import reverse

from tests.tools.llm.prompt_rows import plain_draft
from tools import tool
from tools.decisions.rows import ensure_rows
from tools.llm.prompts.models import Prompt
from tools.llm.prompts.writing import write
from tools.models import Tool
from tools.running import runtime

pytestmark = pytest.mark.django_db


@tool(description="Fills {{holes}} in a text.")
async def fill(text: str) -> str:
    return text


@pytest.fixture
def boss(client, person, make_executor, no_edits, monkeypatch):
    executor = make_executor(fill)
    monkeypatch.setitem(runtime._executors, os.getpid(), executor)
    ensure_rows(executor.registry)
    client.force_login(person("boss", "admin", is_staff=True))
    return client


def way(boss, words):
    """Where the link with *words* on the tool's page leads."""
    page = boss.get(reverse("admin:tools_tool_change", args=[Tool.objects.get(name="fill").pk]))
    return html.unescape(re.search(rf'href="([^"]*)">{words}', page.content.decode())[1])


def fields_of(page):
    return {
        **dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', page)),
        **{
            name: html.unescape(text).strip()
            for name, text in re.findall(r'<textarea name="([\w-]+)"[^>]*>(.*?)</textarea>', page, re.DOTALL)
        },
    }


def test_a_tool_is_described_by_a_prompt_that_begins_with_what_is_said_now(boss):
    form = way(boss, "describe it by a prompt")
    page = boss.get(form).content.decode()
    assert 'value="tool-fill"' in page and "What models are told of the tool fill." in page
    made = boss.post(form, {"name": "tool-fill", "purpose": "What models are told of the tool fill."}, follow=True)
    prompt = Prompt.objects.get()
    assert made.redirect_chain[-1][0] == reverse("admin:prompts_prompt_new", args=[prompt.pk])
    fields = fields_of(made.content.decode())
    assert fields["text_detailed_detailed"] == "Fills {{{{holes}} in a text."
    boss.post(made.redirect_chain[-1][0], fields)
    assert prompt.versions.get().plain().texts.popitem()[1] == "Fills {{{{holes}} in a text."
    told = html.unescape(boss.get(reverse("admin:prompts_prompt_version", args=[prompt.pk, 1])).content.decode())
    assert '"description": "Fills {{holes}} in a text."' in told


def test_one_that_there_is_is_led_to(boss):
    prompt = Prompt.objects.create(name="tool-fill", purpose="Told.")
    assert way(boss, "by a prompt, with versions") == reverse("admin:prompts_prompt_change", args=[prompt.pk])


def test_the_second_version_begins_with_the_first(boss):
    prompt = Prompt.objects.create(name="tool-fill", purpose="Told.")
    write(prompt, plain_draft("Fills."), "ann")
    page = boss.get(reverse("admin:prompts_prompt_new", args=[prompt.pk])).content.decode()
    assert fields_of(page)["text_detailed_detailed"] == "Fills."
