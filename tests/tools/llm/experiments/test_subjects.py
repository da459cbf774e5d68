"""What may be an arm of each kind, and how a winner goes live and is taken back."""

import json
import threading

import pytest
from django.db import connections
from django.utils import timezone

from telemetry.store.batches import write_spans
from tests.telemetry.cost.builders import model_call
from tests.tools.llm.experiments.rows import a_call, a_plan, expose
from tests.tools.llm.experiments.subject_rows import a_deployment, a_route, a_subject_run, executor_here, warmth
from tests.tools.llm.models import weather
from tools.decisions import live as decided
from tools.llm.experiments import judge, planning, running
from tools.llm.experiments.errors import BadPlan, ExperimentError
from tools.llm.experiments.forecasting import forecast
from tools.llm.experiments.kinds import Subject, SubjectKind
from tools.llm.experiments.models import Arm, Experiment, Run
from tools.llm.experiments.plan import ArmPlan
from tools.llm.providers.models import Deployment, RouteEntry

pytestmark = pytest.mark.django_db
__all__ = ["executor_here"]
BY = {"by": "ann", "reason": "it is better"}


@pytest.fixture
def models(lab, executor_here):
    executor_here(weather, warmth)
    oss, spare = a_deployment(lab, "oss", "groq"), a_deployment(lab, "spare", "xai")
    a_deployment(lab, "sol", "openai chat")
    a_route("default", oss, spare, rate="100/min")
    a_route("other", spare, oss)
    return lab


def entries(route):
    rows = RouteEntry.objects.filter(route__name=route).order_by("rank").select_related("deployment")
    return [(row.deployment.name, row.rank, row.rate) for row in rows]


@pytest.mark.parametrize(
    ("kind", "subject", "values", "said"),
    [
        ("model", "gpt", ("oss", "sol"), "There is no deployment 'gpt'; there are oss, sol and spare"),
        ("model", "oss", ("oss", "gpt"), "There is no deployment 'gpt'; there are"),
        ("model", "default", ("oss", "sol"), "There is no deployment 'default'"),
        ("route", "oss", ("default", "other"), "There is no route 'oss'; there are default and other"),
        ("route", "default", ("default", "oss"), "There is no route 'oss'"),
        ("tool", "wether", ("weather", "warmth"), "There is no tool 'wether'; there are warmth and weather"),
        ("tool", "weather", ("weather", "cold"), "There is no tool 'cold'"),
        ("prompt", "greeting", ("1", "2"), "There is no prompt 'greeting'"),
        ("model", "oss", ("oss", "oss"), "label of its own. Each arm needs something of its own to compare"),
    ],
)
def test_arms_and_subjects_are_what_there_is(models, kind, subject, values, said):
    with pytest.raises(BadPlan, match=said):
        a_subject_run(kind, subject, *values)
    assert not Experiment.objects.exists()


def test_an_experiment_says_what_it_is_about_and_only_a_prompts_has_a_label(models):
    run = a_subject_run("model", "oss", "oss", "sol", starts=False)
    assert (run.experiment.purpose, run.experiment.label) == ("What does better as the deployment oss", "")
    assert [str(arm) for arm in run.arms.all()] == ["oss: oss", "sol: sol"]
    assert planning.plan_of(run).arms == [ArmPlan("oss", "oss"), ArmPlan("sol", "sol")]


def test_what_cannot_be_given_to_anybody_is_not_started(models):
    run = a_subject_run("model", "oss", "oss", "sol", starts=False)
    Deployment.objects.filter(name="sol").update(enabled=False)
    with pytest.raises(ExperimentError, match="The deployment sol is switched off: switch it on in the admin"):
        running.start(run, **BY)
    Deployment.objects.filter(name="sol").delete()
    with pytest.raises(ExperimentError, match="There is no deployment 'sol'"):
        running.start(run, **BY)
    off = a_subject_run("tool", "weather", "weather", "warmth", name="tools", starts=False)
    pinned = decided.pinned(decided.Snapshot(edits={"warmth": {"enabled": False}}))
    with pinned, pytest.raises(ExperimentError, match="The tool warmth is switched off"):
        running.start(off, **BY)
    assert not Run.objects.filter(state="running").exists() and not Arm.objects.exclude(sha256="").exists()


def test_what_is_compared_is_in_one_experiment_at_a_time(models):
    a_subject_run("model", "oss", "oss", "sol", name="first")
    other = a_subject_run("model", "spare", "spare", "sol", name="second", starts=False)
    with pytest.raises(ExperimentError, match="sol is in first@1, which is running: a deployment is in one at a"):
        running.start(other, **BY)
    same = a_subject_run("model", "oss", "oss", "spare", name="third", starts=False)
    with pytest.raises(ExperimentError, match="oss is in first@1"):
        running.start(same, **BY)
    a_subject_run("tool", "weather", "weather", "warmth", name="tools")
    assert Run.objects.filter(state="running").count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_that_start_at_once_with_the_same_arm_one_does(models):
    runs = [
        a_subject_run("model", name, name, "sol", name=f"of-{name}", starts=False) for name in ("oss", "spare")
    ]
    together, said = threading.Barrier(2), []

    def begin(run):
        together.wait(10)
        try:
            said.append(running.start(run, **BY).action)
        except ExperimentError as error:
            said.append(str(error))
        connections.close_all()

    threads = [threading.Thread(target=begin, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(said, key=len)[0] == "started" and "a deployment is in one at a time" in sorted(said, key=len)[1]
    assert Run.objects.filter(state="running").count() == 1


def test_a_deployment_that_wins_takes_the_subjects_place_in_all_routes_and_is_taken_back(models):
    before = entries("default"), entries("other")
    run = a_subject_run("model", "oss", "oss", "sol")
    entry = running.promote(run, run.arms.get(value="sol"), **BY)
    assert entries("default") == [("sol", 0, "100/min"), ("spare", 1, "100/min")]
    assert entries("other") == [("spare", 0, ""), ("sol", 1, "")]
    assert entry.evidence["value"] == "sol" and set(entry.evidence["routes"]) == {"default", "other"}
    assert RouteEntry.history.filter(history_change_reason="tried@1: it is better").exists()
    running.undo(entry, by="bob", reason="it is not")
    assert (entries("default"), entries("other")) == before and Run.objects.get().state == "stopped"


def test_a_winner_that_is_in_the_route_already_changes_places_with_the_subject(models):
    run = a_subject_run("model", "oss", "oss", "spare")
    running.promote(run, run.arms.get(value="spare"), **BY)
    assert [name for name, _, _ in entries("default")] == ["spare", "oss"]


def test_a_deployment_to_which_no_route_leads_is_promoted_by_hand(models):
    run = a_subject_run("model", "sol", "sol", "oss")
    with pytest.raises(ExperimentError, match=r"No route leads to sol.*ask for oss"):
        running.promote(run, run.arms.get(value="oss"), **BY)
    assert Run.objects.get().state == "running"


def test_a_route_that_wins_is_where_the_subject_leads_and_is_taken_back(models):
    run = a_subject_run("route", "default", "default", "other")
    entry = running.promote(run, run.arms.get(value="other"), **BY)
    assert entries("default") == entries("other") == [("spare", 0, ""), ("oss", 1, "")]
    running.undo(entry, by="bob", reason="it is not")
    assert entries("default") == [("oss", 0, "100/min"), ("spare", 1, "100/min")]


def test_a_route_that_was_changed_since_stays_as_it_is(models):
    run = a_subject_run("route", "default", "default", "other")
    entry = running.promote(run, run.arms.get(value="other"), **BY)
    RouteEntry.objects.filter(route__name="default", rank=0).update(weight=2.0)
    with pytest.raises(ExperimentError, match="The route default was changed since"):
        running.undo(entry, by="bob", reason="it is not")
    assert Run.objects.get().state == "promoted"


def test_the_control_that_is_promoted_changes_nothing(models):
    run = a_subject_run("route", "default", "default", "other")
    before = entries("default")
    entry = running.promote(run, run.arms.get(value="default"), **BY)
    running.undo(entry, by="bob", reason="go on")
    assert entries("default") == before


def test_what_an_arm_was_is_kept_from_the_start_on(models):
    run = a_subject_run("tool", "weather", "weather", "warmth")
    kept = json.loads(run.arms.get(value="warmth").said)
    assert kept == warmth.definition() and planning.plan_of(run).arms[1].value == "warmth"


def test_traffic_is_that_of_the_subject(models):
    at = timezone.now()
    rows = [
        model_call(session_id=f"s{n}", start_time=at, provider="groq", model="openai/gpt-oss-120b", origin="own",
                   span_id=n + 2)
        for n in range(30)
    ]  # fmt: skip
    rows += [a_call(f"t{n}", after_s=0, at=at, tool="weather", span_id=100 + n) for n in range(20)]
    write_spans(rows)
    model = a_subject_run("model", "oss", "oss", "sol", starts=False)
    route = a_subject_run("route", "default", "default", "other", name="routes", starts=False)
    tools = a_subject_run("tool", "weather", "weather", "warmth", name="tools", starts=False)
    found = [forecast(run, timezone.now())["units_a_day"] for run in (model, route, tools)]
    assert found == [30, 30, 20]


def test_units_of_one_model_are_not_expected_in_all_arms_where_arms_are_models(models):
    run = a_subject_run("model", "oss", "oss", "sol", window_minutes=1)
    for number in range(60):
        value, model = (("oss", "groq/a"), ("sol", "openai/b"))[number % 2]
        expose(run, f"u{number}", value, model=model)
    found = judge.look(run, timezone.now())
    assert not found.split.dimensions and not found.split.doubts


def test_a_plan_of_any_kind_is_rewritten_as_long_as_it_is_a_draft(models):
    run = a_subject_run("model", "oss", "oss", "sol", starts=False)
    arms = (ArmPlan("oss", "oss"), ArmPlan("spare", "spare"))
    again = planning.draft(run.experiment, a_plan(arms=arms), by="ann")
    assert (again.pk, again.about) == (run.pk, Subject(SubjectKind.MODEL, "oss"))
    assert list(again.arms.values_list("value", flat=True)) == ["oss", "spare"]
