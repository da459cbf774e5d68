"""In the admin the optimiser is started by who may, watched, and stopped."""

import html
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from tools.llm.evolution.models import OptimiserRun, OptimiserState
from tools.llm.evolution.optimising import running, starting

pytestmark = pytest.mark.django_db(transaction=True)
LIST, ADD = reverse("admin:evolution_optimiserrun_changelist"), reverse("admin:evolution_optimiserrun_add")


@pytest.fixture
def sent(monkeypatch):
    sent = []
    monkeypatch.setattr(starting, "send", sent.append)
    return sent


def filled(prompt, **changes):
    bounds = {"most_calls": 200, "most_usd": "5", "most_tokens": 3_000_000, "most_minutes": 30}
    return {"prompt": prompt.pk, "deployment": "lab-openai", "reflector": "lab-anthropic", **bounds, **changes}


def text(answer):
    assert answer.status_code == 200
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def test_it_is_started_watched_and_read(admin_client, coach, permit, record, labs, sent):
    record(60)
    form = text(admin_client.get(ADD))
    assert "It is sent what users said, as it was recorded." in form and "lab-openai (gpt-6-sol)" in form
    assert "costs money" not in form
    admin_client.post(ADD, filled(coach), follow=True)
    [run] = sent
    assert OptimiserRun.objects.get() == run and (run.by, run.state) == ("admin", OptimiserState.WAITING)
    assert "0 of 200" in text(admin_client.get(LIST))
    running.run(run.pk, timezone.now)
    page = text(admin_client.get(reverse("admin:evolution_optimiserrun_change", args=[run.pk])))
    assert "100% right, live 0%" in page and "coach@2" in page and "Pass action as list." in page
    assert "it proves the wiring only" in page and "no price is known; the lab takes no money" in page
    run.refresh_from_db()
    assert f"{run.calls} of 200" in page
    candidates = text(admin_client.get(reverse("admin:evolution_candidate_changelist")))
    assert "proves the wiring only" in candidates


def test_what_may_not_be_is_said_in_the_form(admin_client, coach, permit, record, labs, sent):
    record(8)
    assert "There are too few recorded cases" in text(admin_client.post(ADD, filled(coach)))
    assert "greater than or equal to 60" in text(admin_client.post(ADD, filled(coach, most_calls=5)))
    permit.delete()
    assert "Select a valid choice" in text(admin_client.post(ADD, filled(coach)))
    assert not sent and not OptimiserRun.objects.exists()


def test_one_goes_on_at_a_time(admin_client, coach, permit, record, labs, sent):
    record(60)
    admin_client.post(ADD, filled(coach))
    assert "is waiting: one goes on at a time" in text(admin_client.post(ADD, filled(coach), follow=True))
    assert OptimiserRun.objects.count() == len(sent) == 1


def test_it_is_stopped(admin_client, coach, permit, record, labs, sent):
    record(60)
    admin_client.post(ADD, filled(coach))
    body = {"action": "stop", "_selected_action": [sent[0].pk]}
    assert "ends before it asks anybody else" in text(admin_client.post(LIST, body, follow=True))
    assert "is over" in text(admin_client.post(LIST, body, follow=True))
    assert OptimiserRun.objects.get().stopped_by == "admin"


def test_what_a_killed_worker_left_is_shown_as_over(admin_client, coach, permit, record, labs, sent):
    record(60)
    admin_client.post(ADD, filled(coach))
    long_ago = timezone.now() - starting.LOST_AFTER * 2
    OptimiserRun.objects.update(state=OptimiserState.RUNNING, beat_at=long_ago)
    assert "ended without result" in text(admin_client.get(LIST))


def test_an_operator_starts_and_stops_nothing(client, person, coach, permit, record, labs, sent, wanted):
    record(60)
    starting.start(wanted(), by="ana", now=timezone.now())
    client.force_login(person("ola", "operator", "evolution.view_optimiserrun", is_staff=True))
    assert "coach, run" in text(client.get(LIST))
    assert client.get(ADD).status_code == client.post(ADD, filled(coach)).status_code == 403
    client.post(LIST, {"action": "stop", "_selected_action": [sent[0].pk]}, follow=True)
    assert OptimiserRun.objects.get().stopped_by == ""
