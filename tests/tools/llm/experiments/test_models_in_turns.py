"""Experiments with models and routes in turns: real requests to the lab, arms by lot, and what was asked kept."""

import json

import pytest
from django.utils import timezone

from tests.tools.llm.experiments.subject_rows import (
    SESSIONS,
    a_deployment,
    a_route,
    a_subject_run,
    converse,
    executor_here,
)
from tools.llm.experiments import judge, planning, running
from tools.llm.experiments.kinds import digest
from tools.llm.experiments.models import Exposure, Run
from tools.llm.experiments.units import hash_of
from tools.llm.providers.models import Deployment, Model, RouteEntry

pytestmark = pytest.mark.django_db
__all__ = ["converse", "executor_here"]


@pytest.fixture
def models(lab, no_edits):
    """Three deployments of two vendors: the route ``default`` asks ``oss``, then ``spare``; ``sol`` is in none."""
    oss, spare = a_deployment(lab, "oss", "groq"), a_deployment(lab, "spare", "xai")
    a_deployment(lab, "sol", "openai chat")
    a_route("default", oss, spare)
    return lab


def arms():
    return dict(Exposure.objects.values_list("unit", "arm__value"))


def chats(recorded):
    return [span.attributes for span in recorded.get_finished_spans() if span.name.startswith("chat")]


def asked_by_session(recorded):
    return {said["gen_ai.conversation.id"]: said["salesboost.deployment"] for said in chats(recorded)}


def test_conversations_of_the_subject_are_asked_at_their_arm_and_that_is_written_down(models, converse, recorded):
    run = a_subject_run("model", "oss", "oss", "sol")
    converse(*SESSIONS)
    given = arms()
    assert set(given.values()) == {"oss", "sol"} and len(given) == 6
    assert asked_by_session(recorded) == {session: given[hash_of(session)] for session in SESSIONS}
    for row in Exposure.objects.select_related("arm"):
        assert (row.version, row.sha256) == (row.arm.value, row.arm.sha256)
        assert not (row.failed_over or row.wrong_text or row.mixed)
    fixed = json.loads(run.arms.get(value="sol").said)
    assert fixed == {"deployment": "sol", "model": "gpt-5.2", "provider": "openai"}
    for said in chats(recorded):
        assert said["salesboost.experiment.arm"] == given[hash_of(said["gen_ai.conversation.id"])]
        assert said["salesboost.experiment.run"] == "tried@1"


def test_a_conversation_stays_at_its_arm_though_the_route_does_not_have_it(models, converse, recorded):
    a_subject_run("model", "oss", "oss", "sol")
    RouteEntry.objects.update(rank=0)
    # Of each four of them one is drawn to be at the arm: so many that some surely are.
    many = [f"many-{number}" for number in range(60)]
    for _ in range(2):
        converse(*many)
    asked = {}
    for said in chats(recorded):
        asked.setdefault(said["gen_ai.conversation.id"], set()).add(said["salesboost.deployment"])
    assert all(len(each) == 1 for each in asked.values())
    assert {name for each in asked.values() for name in each} >= {"sol"}


def test_another_deployment_is_asked_as_ever(models, converse, recorded):
    a_subject_run("model", "sol", "sol", "spare")
    converse(*SESSIONS)
    assert set(asked_by_session(recorded).values()) == {"oss"} and not Exposure.objects.exists()


def test_who_names_the_deployment_itself_is_in_it(models, converse, recorded):
    a_subject_run("model", "oss", "oss", "sol")
    converse(*SESSIONS, route="oss")
    assert set(asked_by_session(recorded).values()) == {"oss", "sol"}


def test_failing_over_is_another_arms_treatment_and_is_marked(models, converse, recorded):
    a_subject_run("model", "oss", "oss", "sol")
    for vendor in ("groq", "openai"):
        models.fail("overloaded", vendor=vendor, times=20)
    converse(*SESSIONS)
    assert Exposure.objects.filter(failed_over=True, wrong_text=False).count() == 6
    assert set(arms().values()) == {"oss", "sol"}


def switched_off():
    Deployment.objects.filter(name="sol").update(enabled=False)


def without_its_key():
    Deployment.objects.filter(name="sol").update(key_variable="NOBODY_SETS_IT", key="")


def gone():
    Deployment.objects.filter(name="sol").delete()


@pytest.mark.parametrize("what", [switched_off, without_its_key, gone])
def test_an_arm_that_cannot_be_asked_falls_back_to_the_subject_and_is_marked(models, converse, recorded, what):
    a_subject_run("model", "oss", "oss", "sol")
    what()
    converse(*SESSIONS)
    assert set(asked_by_session(recorded).values()) == {"oss"}
    marks = dict(Exposure.objects.values_list("arm__value", "failed_over").distinct())
    assert marks == {"oss": False, "sol": True}
    assert not Exposure.objects.filter(wrong_text=True).exists()


def test_an_arm_that_is_another_model_in_mid_run_ends_it(models, converse):
    run = a_subject_run("model", "oss", "oss", "sol")
    converse(*SESSIONS)
    row = Model.objects.get(name="gpt-5.2")
    Deployment.objects.filter(name="sol").update(
        model=Model.objects.create(
            provider="openai", name="gpt-5.2-mini", api="chat", source=row.source, checked_on=row.checked_on,
            completion_tokens=True, sampling=False,
        )
    )  # fmt: skip
    converse(*SESSIONS)
    assert set(Exposure.objects.filter(wrong_text=True).values_list("arm__value", flat=True)) == {"sol"}
    judge.look(run, timezone.now())
    assert Run.objects.get().state == "stopped"
    assert "got something else than the arm was" in run.ledger.first().reason
    with pytest.raises(running.ExperimentError, match="sol is not what was compared any more"):
        running.promote(run, run.arms.get(value="sol"), by="ann", reason="it is better")
    again = planning.again(run.experiment, by="ann")
    running.start(again, by="ann", reason="to know")
    assert again.arms.get(value="sol").sha256 != run.arms.get(value="sol").sha256


def test_routes_stand_in_for_each_other(models, converse, recorded):
    a_route("cheap", Deployment.objects.get(name="sol"), Deployment.objects.get(name="oss"))
    run = a_subject_run("route", "default", "default", "cheap")
    converse(*SESSIONS)
    given, asked = arms(), asked_by_session(recorded)
    assert set(given.values()) == {"default", "cheap"}
    first = {"default": "oss", "cheap": "sol"}
    assert asked == {session: first[given[hash_of(session)]] for session in SESSIONS}
    assert {said["salesboost.route"] for said in chats(recorded)} == {"default", "cheap"}
    for row in Exposure.objects.select_related("arm"):
        assert row.sha256 == row.arm.sha256 == digest(row.arm.said) and not row.wrong_text
    fixed = json.loads(run.arms.get(value="cheap").said)
    assert [(each["deployment"], each["rank"]) for each in fixed] == [("sol", 0), ("oss", 1)]


def test_a_route_that_is_edited_in_mid_run_ends_it(models, converse):
    a_route("cheap", Deployment.objects.get(name="sol"))
    run = a_subject_run("route", "default", "default", "cheap")
    RouteEntry.objects.filter(route__name="cheap").update(rate="100/min")
    converse(*SESSIONS)
    assert set(Exposure.objects.filter(wrong_text=True).values_list("arm__value", flat=True)) == {"cheap"}
    judge.look(run, timezone.now())
    assert Run.objects.get().state == "stopped"


def test_a_route_that_is_gone_or_has_nobody_falls_back_and_is_marked(models, converse, recorded):
    cheap = a_route("cheap", Deployment.objects.get(name="sol"))
    a_subject_run("route", "default", "default", "cheap")
    switched_off()
    converse(*SESSIONS)
    cheap.delete()
    converse(*SESSIONS)
    assert set(asked_by_session(recorded).values()) == {"oss"}
    marks = dict(Exposure.objects.values_list("arm__value", "failed_over").distinct())
    assert marks == {"default": False, "cheap": True} and not Exposure.objects.filter(wrong_text=True).exists()


def test_a_route_of_which_a_part_cannot_be_asked_is_asked_and_marked(models, converse, recorded):
    a_route("cheap", Deployment.objects.get(name="sol"), Deployment.objects.get(name="spare"))
    a_subject_run("route", "default", "default", "cheap")
    switched_off()
    converse(*SESSIONS)
    assert set(asked_by_session(recorded).values()) == {"oss", "spare"}
    assert set(Exposure.objects.filter(failed_over=True).values_list("arm__value", flat=True)) == {"cheap"}
    assert not Exposure.objects.filter(wrong_text=True).exists()


def test_experiments_with_the_route_and_with_its_model_know_nothing_of_each_other(models, converse, recorded):
    a_route("cheap", Deployment.objects.get(name="oss"))
    a_subject_run("route", "default", "default", "cheap", name="routes")
    a_subject_run("model", "oss", "oss", "sol", name="models", salt="another")
    converse(*SESSIONS)
    assert Exposure.objects.count() == 12 and not Exposure.objects.filter(wrong_text=True).exists()
    said = chats(recorded)[0]
    assert said["salesboost.experiment.name"] == "routes, models"
    assert said["salesboost.experiment.run"] == "routes@1, models@1"
