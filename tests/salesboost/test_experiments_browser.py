"""An experiment's whole way in a real browser: planned, started, sent, decided, taken back."""

import os
from datetime import date
from hashlib import sha256

import httpx
import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from tests.live import wait_for
from tests.tools.llm.prompt_rows import plain_draft
from tools.decisions.keys import ensure_key
from tools.llm.experiments.models import Exposure
from tools.llm.prompts.labels import move
from tools.llm.prompts.models import Label, Prompt
from tools.llm.prompts.writing import write
from tools.llm.providers.models import Deployment, Model, Route, RouteEntry

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300), pytest.mark.xdist_group("browser")]
TEXTS = ("Answer in one sentence.", "Be brief.")
SESSIONS = [f"walk-{number}" for number in range(6)]


@pytest.fixture
def operator_session(transactional_db):
    """The session key of an admin."""
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("root", password="correct horse battery"))
    return str(client.session.session_key)


@pytest.fixture
def chat(live_server_daphne, provider_lab, transactional_db):
    """``chat(session)``: a turn in it, of a model of the lab that is told the prompt ``greeting``.

    It goes over the route ``default``, to one of two deployments.
    """
    prompt = Prompt.objects.create(name="greeting", purpose="Greets a customer.")
    versions = [write(prompt, plain_draft(text), "ann") for text in TEXTS]
    move(prompt.labels.get(name="production"), versions[0], by="ann", reason="the first")
    ensure_key("app", "sb_app", roles=["coach"])
    about = {"source": "the lab", "checked_on": date(2026, 12, 1)}
    model = Model.objects.create(provider="groq", name="openai/gpt-oss-120b", api="chat", **about)
    for deployment, route in (("oss", "default"), ("mini", "cheap")):
        made = Deployment.objects.create(
            name=deployment, model=model, base_url=provider_lab.url("groq"), key="sk-lab"
        )
        RouteEntry.objects.create(route=Route.objects.create(name=route), deployment=made)

    def said(session):
        answer = httpx.post(
            f"{live_server_daphne.url}/api/v1/chat",
            json={"text": "Hello", "session_id": session, "route": "default", "prompt": "greeting"},
            headers={"Authorization": "Bearer sb_app"},
            timeout=60,
        )
        return answer.status_code == 200 and answer.json()["deployment"]

    return said


def planned(page, name, subject, arms):
    page.goto("/admin/experiments/experiment/")
    page.goto("/admin/experiments/experiment/add/")
    page.fill("[name=name]", name)
    page.select_option("[name=subject]", subject)
    page.fill("[name=arms]", arms)
    page.fill("[name=ramp]", "50 100 24\n25")
    page.get_by_role("button", name="Keep it as a draft").click()
    page.get_by_text("Each step of a ramp takes in more than the one before it.").wait_for()
    page.fill("[name=ramp]", "100")
    page.get_by_role("button", name="Keep it as a draft").click()
    page.get_by_role("heading", name="Run 1: draft").wait_for()


def decided(page, button, reason, row=""):
    form = page.locator("form", has=page.get_by_role("button", name=button, exact=True)).first
    if row:
        form.locator("[name=arm]").select_option(row)
    form.locator("[name=reason]").fill(reason)
    form.get_by_role("button", name=button, exact=True).click()
    page.wait_for_load_state()


def fits(page):
    """Whether the page itself does not scroll sideways on a phone, nor on a desk."""
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        if folder := os.environ.get("PICTURES"):
            page.screenshot(path=f"{folder}/experiment-{width}.png", full_page=True)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            return False
    return True


def test_it_is_planned_started_sent_decided_and_taken_back(page, chat, console_errors):
    planned(page, "brief-greeting", "prompt:greeting", "as-is 1 1\nbrief 2 1")
    assert "No conversation came to this in the last week" in page.inner_text("#main")
    decided(page, "Start", "Is less more?")
    page.get_by_role("heading", name="Run 1: running").wait_for()
    wait_for(lambda: chat("first") and Exposure.objects.exists(), 30, "the experiment being known")
    assert all(chat(session) for session in SESSIONS)
    wait_for(lambda: Exposure.objects.filter(sessions__session_id__in=SESSIONS).count() == 6, 30, "the exposures")
    sent = set(Exposure.objects.values_list("arm__label", "sha256"))
    digests = {sha256(text.encode()).hexdigest() for text in TEXTS}
    assert {digest for _, digest in sent} <= digests and len(sent) <= 2
    page.reload()
    assert any(digest[:12] in page.inner_text("#main") for digest in digests)
    assert fits(page)
    decided(page, "Promote", "It is enough.", row="brief")
    page.get_by_text("shorter is live now").wait_for()
    assert Label.objects.get(name="production").version.number == 2
    decided(page, "Take back", "They complain.")
    page.get_by_text("It is taken back.").wait_for()
    assert Label.objects.get(name="production").version.number == 1
    page.get_by_role("heading", name="Run 1: stopped").wait_for()
    assert not console_errors


def leads_to(route):
    return RouteEntry.objects.get(route__name=route).deployment.name


def test_a_route_is_tried_goes_live_and_is_taken_back(page, chat, console_errors):
    planned(page, "cheaper", "route:default", "as-is default 1\ncheap cheap 1")
    decided(page, "Start", "Is it as good?")
    page.get_by_role("heading", name="Run 1: running").wait_for()
    wait_for(lambda: chat("first") and Exposure.objects.exists(), 30, "the experiment being known")
    asked = {session: chat(session) for session in SESSIONS}
    assert {session: chat(session) for session in SESSIONS} == asked
    wait_for(lambda: Exposure.objects.filter(sessions__session_id__in=SESSIONS).count() == 6, 30, "the exposures")
    given = dict(Exposure.objects.values_list("sessions__session_id", "arm__value"))
    assert asked == {session: {"default": "oss", "cheap": "mini"}[given[session]] for session in SESSIONS}
    page.reload()
    assert any(
        digest[:12] in page.inner_text("#main") for digest in Exposure.objects.values_list("sha256", flat=True)
    )
    assert fits(page)
    decided(page, "Promote", "It is cheaper.", row="cheap")
    page.get_by_text("The winner is live now").wait_for()
    assert leads_to("default") == "mini"
    wait_for(lambda: {chat(session) for session in SESSIONS} == {"mini"}, 30, "the route being known")
    decided(page, "Take back", "It is not as good.")
    page.get_by_text("It is taken back.").wait_for()
    assert leads_to("default") == "oss"
    assert not console_errors
