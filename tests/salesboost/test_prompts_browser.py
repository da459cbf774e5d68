"""A prompt's whole way in a real browser: edited, promoted, sent, seen on its page, rolled back."""

from datetime import date
from hashlib import sha256

import httpx
import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from salesboost.lab import Reply, ToolUse
from tests.live import wait_for
from tests.tools.llm.prompt_rows import plain_draft
from tools.decisions.keys import make_plain, store_key
from tools.llm.prompts.labels import move
from tools.llm.prompts.models import Prompt
from tools.llm.prompts.writing import write
from tools.llm.providers.models import Deployment, Model
from tools.models import ApiKey, Scope

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300), pytest.mark.xdist_group("browser")]
OLD, NEW = "Answer in one sentence.", "Answer in one short sentence, and ask something back."
CHECKED = ToolUse("compliance_check", {"text": "Hello, how are you?"})


@pytest.fixture
def operator_session(transactional_db):
    """The session key of an admin."""
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("root", password="correct horse battery"))
    return str(client.session.session_key)


@pytest.fixture
def prompt(transactional_db):
    """A prompt whose one version is live."""
    made = Prompt.objects.create(name="greeting", purpose="Greets a customer.")
    version = write(made, plain_draft(OLD), "ann")
    for label in made.labels.all():
        move(label, version, by="ann", reason="the first")
    return made


@pytest.fixture
def chat(live_server_daphne, provider_lab, transactional_db):
    """``chat(*replies)``: what the server answers, whose model is the lab's and says *replies*."""
    model = Model.objects.create(
        provider="anthropic",
        name="claude-sonnet-5-5",
        api="messages",
        source="the lab",
        checked_on=date(2026, 12, 1),
    )
    Deployment.objects.create(name="sonnet", model=model, base_url=provider_lab.url("anthropic"), key="sk-lab")
    plain = make_plain()
    store_key(ApiKey(name="chats", scopes=[Scope.EXECUTE], default_role="coach"), plain)

    def said(*replies):
        provider_lab.forget()
        provider_lab.say(*replies)
        body = {"text": "Hello.", "route": "sonnet", "prompt": "greeting", "tools": ["compliance_check"]}
        return httpx.post(
            f"{live_server_daphne.url}/api/v1/chat",
            json=body,
            headers={"Authorization": f"Bearer {plain}"},
            timeout=60,
        )

    def until_sent(text, *replies):
        """The answer to the first call that is told *text*: an edit acts within two seconds."""

        def sent():
            answer = said(*replies)
            return answer.status_code == 200 and provider_lab.requests[-1].system == text and answer.json()

        return wait_for(sent, 60, f"the model being told {text!r}")

    return until_sent


def chat_span(trace_id):
    """What the spans of models say in the trace, once they are stored."""
    from telemetry.models import Span

    def stored():
        return list(Span.objects.filter(trace_id=trace_id, series__operation="chat"))

    return wait_for(stored, 30, "the span of the model's call")[0]


def pressed(page, button, reason):
    """Click *button*, whose form wants a reason."""
    form = page.locator("form", has=page.get_by_role("button", name=button, exact=True))
    form.get_by_label("Why").fill(reason)
    form.get_by_role("button").click()
    page.wait_for_load_state()


def edited(page, here):
    """Write version 2 in the admin, and have staging point at it."""
    page.goto(here)
    page.get_by_role("link", name="New version").click()
    page.locator("[name=text_detailed_detailed]").fill(NEW)
    page.get_by_role("button", name="Store the new version").click()
    page.get_by_text("Version 2 is stored.").wait_for()
    page.goto(here)
    staging = page.get_by_role("group", name="Moves of staging")
    staging.get_by_label("To version").select_option("2")
    staging.get_by_label("Why").fill("to try it")
    staging.get_by_role("button").click()
    page.get_by_text("staging points at version 2 now").wait_for()


def test_an_edit_is_promoted_sent_seen_and_rolled_back(page, chat, prompt):
    here = reverse("admin:prompts_prompt_change", args=[prompt.pk])
    chat(OLD, Reply(text="Hi."))
    edited(page, here)
    pressed(page, "production: Promote version 2", "it asks back")
    page.get_by_text("production points at version 2 now").wait_for()

    page.goto("/prompts/")
    wait_for(lambda: page.get_attribute("#live", "data-state") == "good", 30, "the connection")
    page.evaluate("window.notReloaded = true")
    answer = chat(NEW, Reply(calls=[CHECKED] * 24), Reply(text="Hi. And you?"))
    assert [call["error"] for call in answer["calls"]] == [None] * 24
    span = chat_span(answer["trace_id"])
    assert span.prompt_version == "greeting@2" and sha256(NEW.encode()).hexdigest() in str(span.attributes)
    row = page.locator("#versions tr", has_text="greeting").first
    wait_for(lambda: "healthy" in row.inner_text() and "24" in row.inner_text(), 30, "the success of version 2")
    assert "production" in row.inner_text() and "100" in row.inner_text()
    assert page.evaluate("window.notReloaded") is True and "1 → 2" in page.inner_text("#changes")

    page.goto(here)
    pressed(page, "production: Roll back to version 1", "it asks too much")
    page.get_by_text("production points at version 1 now").wait_for()
    assert chat_span(chat(OLD, Reply(text="Hi."))["trace_id"]).prompt_version == "greeting@1"
