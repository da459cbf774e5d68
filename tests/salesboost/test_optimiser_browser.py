"""The optimiser in a real browser: a run is started by its form, and what came of it is read."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth import get_user_model
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from salesboost.demo.deployments import lead_to
from salesboost.lab import Reply
from tests.tools.llm.evolution.optimising.conftest import BETTER, coach, permit, record
from tools.llm.evolution.models import OptimiserRun
from tools.llm.evolution.optimising import running
from tools.llm.prompts import live as prompts
from tools.llm.providers import live, seed

__all__ = ["coach", "permit", "record"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def operator_session(transactional_db):
    """The session key of an admin."""
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("root", password="correct horse battery"))
    return str(client.session.session_key)


@pytest.fixture
def lab(provider_lab, transactional_db):
    """Whose openai plans, and whose anthropic knows a better text."""
    seed.seed()
    lead_to(provider_lab.server.url)
    plan = provider_lab.script.planner
    reflected = Reply(text=f"```\n{BETTER}\n```")
    provider_lab.script.planner = lambda asked: reflected if asked.vendor == "anthropic" else plan(asked)
    live.refresh()
    yield provider_lab
    provider_lab.script.planner = plan
    live.stop()
    prompts.stop()


def test_a_run_is_started_and_read(live_server_daphne, page, lab, coach, permit, record):
    record(60)
    live_server_daphne.stop()  # it remembers content types, which the last test has emptied
    live_server_daphne.start()
    violations = []
    page.on("console", lambda said: violations.append(said.text) if said.type == "error" else None)
    page.goto(reverse("admin:evolution_optimiserrun_add"))
    page.select_option("[name=prompt]", label="coach")
    page.select_option("[name=deployment]", "lab-openai")
    page.select_option("[name=reflector]", "lab-anthropic")
    page.fill("[name=most_calls]", "150")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_text("0 of 150")).to_be_visible()
    [run] = OptimiserRun.objects.all()
    with ThreadPoolExecutor(1) as worker:  # where no event loop runs, as in ours
        worker.submit(done, run).result()
    page.goto(reverse("admin:evolution_optimiserrun_changelist"))
    expect(page.get_by_text("100% right, live 0%")).to_be_visible()
    page.get_by_role("link", name=str(run)).click()
    expect(page.get_by_text("it proves the wiring only")).to_be_visible()
    expect(page.get_by_role("link", name="coach@2")).to_be_visible()
    assert violations == []


def done(run):
    running.run(run.pk, timezone.now)
    connections.close_all()
