"""The admin's pages of experiments: from a plan to a decision and its undoing."""

import html
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.tools.llm.experiments.rows import a_run, expose, played, prompt_of
from tests.tools.llm.experiments.subject_rows import (
    a_deployment,
    a_route,
    a_subject_run,
    executor_here,
    warmth,
)
from tests.tools.llm.models import weather
from tests.tools.llm.prompt_rows import a_prompt
from tools.llm.experiments.judge import look
from tools.llm.experiments.models import Entry, Experiment, Run
from tools.llm.experiments.plan import Guardrail
from tools.llm.providers import live as providers
from tools.llm.providers.models import RouteEntry
from tools.llm.providers.snapshot import Snapshot

pytestmark = pytest.mark.django_db
__all__ = ["executor_here"]
TYPED = {
    "name": "shorter", "purpose": "Whether less is more", "label": "production", "unit": "conversation",
    "arms": "as-is 1 1\nshorter 2 1", "metric": "success", "margin": "0.02", "guardrails": "success 0.05",
    "minimum_units": "400", "minimum_days": "7", "window_minutes": "60", "ramp": "1 20 24\n50",
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_thread(no_edits):
    with providers.pinned(Snapshot()):
        yield
    from tools.llm.prompts import live as prompts

    prompts.stop()


@pytest.fixture
def boss(client, person):
    client.force_login(person("boss", "admin", is_staff=True))
    return client


@pytest.fixture
def watcher(person):
    watching = Client()
    watching.force_login(person("watcher", "operator", is_staff=True))
    return watching


def text_of(answer):
    assert answer.status_code == 200
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def page_of(run):
    return reverse("admin:experiments_experiment_change", args=[run.experiment_id])


def decide(client, run, decision, **said):
    address = reverse("admin:experiments_experiment_decide", args=[run.experiment_id])
    about = {"decision": decision, "run": run.number, "reason": "to know", **said}
    return text_of(client.post(address, about, follow=True))


def plan(client, **changes):
    prompt = a_prompt(production=1)
    about = TYPED | {"subject": f"prompt:{prompt.name}"} | changes
    return text_of(client.post(reverse("admin:experiments_experiment_plan"), about, follow=True))


def test_it_goes_from_a_plan_to_a_decision_and_back(boss):
    told = plan(boss)
    assert "Run 1: draft" in told and "Of all units 1 % , then 50 % are in it." in told
    run = Run.objects.get()
    assert "It runs" in decide(boss, run, "start")
    expose(run, "u")
    told = text_of(boss.get(page_of(run)))
    assert "Run 1: running" in told and "0" * 12 in told
    assert "shorter is live now" in decide(boss, run, "promote", arm="shorter", reason="it is better")
    assert prompt_of(run).labels.get(name="production").version.number == 2
    told = decide(boss, run, "undo", entry=Entry.objects.first().pk, reason="it is not")
    assert "It is taken back." in told and "Run 1: stopped" in told and "it is not" in told
    assert prompt_of(run).labels.get(name="production").version.number == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"arms": "as-is 1"}, "Two to 10 arms are compared, and there are 1."),
        ({"arms": "as-is one\nb 2"}, "A version is a number, and not 'one'."),
        (
            {"arms": "as-is 1 1 1\nb 2"},
            "An arm is a label, a version or a name, and a weight, and not: as-is 1 1 1",
        ),
        ({"arms": "a 1\nb 9"}, "has no version 9"),
        ({"guardrails": "joy 0.1"}, "There is no metric 'joy'"),
        ({"guardrails": "success"}, "A guardrail is a metric and a margin"),
        ({"ramp": "50\n10"}, "more than the one before"),
        ({"ramp": "1 2 3 4"}, "A step is a percentage, units and hours"),
        ({"label": "canary"}, "has no label 'canary'"),
        ({"subject": "model:gone"}, "Select a valid choice"),
        ({"name": "Not A Name"}, "small letters"),
        ({"margin": ""}, "This field is required"),
    ],
)
def test_what_is_no_plan_is_said_and_nothing_stored(boss, changes, said):
    told = plan(boss, **changes)
    assert said in told and "Nothing was stored." in told
    assert not Experiment.objects.exists()


def test_a_model_is_tried_promoted_and_taken_back(boss, lab):
    oss, _ = a_deployment(lab, "oss", "groq"), a_deployment(lab, "sol")
    a_route("default", oss)
    told = plan(boss, subject="model:oss", arms="as-is oss 1\nsol sol 1", label="")
    assert "Run 1: draft" in told and "model" in told and "sol" in told
    run = Run.objects.get()
    assert "It runs" in decide(boss, run, "start")
    assert '"deployment": "sol"' in text_of(boss.get(page_of(run)))
    assert "sol is live now" in decide(boss, run, "promote", arm="sol", reason="it is better")
    assert RouteEntry.objects.get().deployment.name == "sol"
    assert "It is taken back." in decide(boss, run, "undo", entry=Entry.objects.first().pk)
    assert RouteEntry.objects.get().deployment.name == "oss"


def test_what_makes_no_winner_live_is_said_in_place_of_the_button(boss, executor_here):
    executor_here(weather, warmth)
    told = plan(boss, subject="tool:weather", arms="as-is weather 1\nother warmth 1", label="")
    assert "Run 1: draft" in told
    run = Run.objects.get()
    told = decide(boss, run, "start")
    assert "have it offer the winner in place of weather" in told and "Promote" not in told
    assert "have it offer warmth in place of weather, then stop the run." in decide(
        boss, run, "promote", arm="other"
    )
    assert "all are given what they would get without it" in decide(boss, run, "stop")
    assert "It is taken back." in decide(boss, run, "undo", entry=Entry.objects.first().pk)


def test_a_promotion_takes_the_right_to_change_what_it_changes(person, lab):
    a_route("default", a_deployment(lab, "oss", "groq"))
    a_deployment(lab, "sol")
    run = a_subject_run("model", "oss", "oss", "sol")
    rights = ("experiments.view_experiment", "experiments.change_experiment", "prompts.change_prompt")
    of_prompts = Client()
    of_prompts.force_login(person("writer", *rights, is_staff=True))
    address = reverse("admin:experiments_experiment_decide", args=[run.experiment_id])
    about = {"run": 1, "reason": "x", "arm": "sol", "decision": "promote"}
    assert of_prompts.post(address, about).status_code == 403
    of_prompts.force_login(person("router", *rights, "providers.change_route", is_staff=True))
    assert of_prompts.post(address, about).status_code == 302
    assert Run.objects.get().state == "promoted"


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("minimum_units", "99999999999", "10,000,000 at most"),
        ("minimum_days", "99999999999", "365 at most"),
        ("window_minutes", "99999999999", "43,200 (30 days) at most"),
        ("arms", "a 1 1\n" + "b" * 50 + " 2", "40 at most"),
        ("arms", "a 1 1\n<b> 2", "and not '<b>'"),
        ("margin", "5", "0.99 at most"),
        ("guardrails", "success 0.05\nsuccess 0.05", "success has 2"),
        ("ramp", "50 1.5 2", "whole units, and not 1.5"),
    ],
)
def test_what_is_out_of_bounds_is_said_at_its_field_and_what_was_typed_stays(boss, field, typed, said):
    prompt = a_prompt(production=1)
    about = TYPED | {"subject": f"prompt:{prompt.name}", field: typed}
    answer = boss.post(reverse("admin:experiments_experiment_plan"), about)
    errors = answer.context["form"].errors
    assert list(errors) == [field] and said in html.unescape(str(errors[field]))
    assert answer.status_code == 200 and html.escape(typed.split()[0]) in answer.content.decode()
    assert not Experiment.objects.exists()


def test_the_next_run_begins_with_what_the_last_one_said(boss):
    run = a_run(starts=False)
    page = reverse("admin:experiments_experiment_replan", args=[run.experiment_id])
    assert "shorter 2 1" in text_of(boss.get(page))
    about = {name: value for name, value in TYPED.items() if name not in ("name", "purpose", "label", "unit")}
    assert "Run 1: draft" in text_of(boss.post(page, about | {"margin": "0.5"}, follow=True))
    assert Run.objects.get().margin == 0.5


def test_what_cannot_be_decided_is_said_in_one_sentence(boss):
    run = a_run()
    assert "is running, not draft" in decide(boss, run, "start")
    assert "Say why" in decide(boss, run, "stop", reason=" ")
    assert "A decision is one of start, stop, promote, undo." in decide(boss, run, "sing")


def test_who_may_only_look_looks(watcher):
    run = a_run()
    told = text_of(watcher.get(page_of(run)))
    assert "Run 1: running" in told and "Stop" not in told.partition("Ledger")[0].partition("Run 1")[2]
    address = reverse("admin:experiments_experiment_decide", args=[run.experiment_id])
    assert watcher.post(address, {"decision": "stop", "run": 1, "reason": "x"}).status_code == 403
    assert watcher.get(reverse("admin:experiments_experiment_plan")).status_code == 403
    assert Run.objects.get().state == "running"


def test_who_may_not_move_labels_promotes_nothing(person):
    run = a_run()
    half = Client()
    half.force_login(person("half", "experiments.view_experiment", "experiments.change_experiment", is_staff=True))
    address = reverse("admin:experiments_experiment_decide", args=[run.experiment_id])
    about = {"run": 1, "reason": "x", "arm": "shorter"}
    assert half.post(address, about | {"decision": "promote"}).status_code == 403
    assert half.post(address, about | {"decision": "stop"}).status_code == 302


def test_the_list_says_what_runs(boss):
    a_run()
    told = text_of(boss.get(reverse("admin:experiments_experiment_changelist")))
    assert "shorter-greeting" in told and "running" in told and "shorter: version 2" in told


def test_margins_have_their_units_and_one_day_is_one(boss):
    guards = (Guardrail("success", 0.05), Guardrail("latency", 0.5))
    told = text_of(boss.get(page_of(a_run(guardrails=guards, minimum_days=1, minimum_units=1))))
    assert "a difference of 2.0 points or less being none; 1 unit an arm and 1 day at least." in told
    assert "success by more than 5.0 points, latency by more than 50.0 %." in told


def test_an_arm_that_is_worse_goes_live_only_by_who_says_to_know_it(boss):
    run = a_run(guardrails=(Guardrail("success", 0.05),), window_minutes=1)
    assert "shorter: nothing is known of it yet." in text_of(boss.get(page_of(run)))
    played(run, {"as-is": (80, 0), "shorter": (20, 60)})
    look(run, timezone.now())
    told = text_of(boss.get(page_of(run)))
    worse = "shorter: worse. Success of tool calls: -75.0 points, between -"
    assert worse in told and "A guardrail is broken (5.0 points at most)" in told and "I know what is told" in told
    assert f"{worse}" in decide(boss, run, "promote", arm="shorter") and Run.objects.get().state == "stopped"
    assert prompt_of(run).labels.get(name="production").version.number == 1
    assert "shorter is live now" in decide(boss, run, "promote", arm="shorter", confirmed="on")
    assert Entry.objects.first().evidence["arms"][0]["verdict"] == "worse"
    assert prompt_of(run).labels.get(name="production").version.number == 2
