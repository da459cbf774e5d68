"""Experiments over REST: what there is, what was sent, what was decided, and what users thought."""

import json

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient
from django.utils import timezone

from tests.tools.llm.experiments.rows import a_run, expose
from tests.tools.llm.experiments.subject_rows import a_deployment, a_subject_run
from tools.api.experiments import Experiments, WholeExperiment
from tools.llm.experiments.judge import look_at_all
from tools.llm.experiments.models import Feedback

pytestmark = pytest.mark.django_db(transaction=True)


@sync_to_async
def stored():
    run = a_run()
    expose(run, "u", "shorter")
    expose(run, "v", "as-is", failed_over=True)
    look_at_all(timezone.now())


async def got(api, path):
    response = await api.get(f"/api/v1/{path}")
    return response.status_code, response.json()


async def test_each_experiment_is_listed_with_its_newest_run(api):
    await stored()
    status, document = await got(api, "experiments")
    assert status == 200 and Experiments.model_validate(document).model_dump() == document
    (one,) = document["experiments"]
    assert (one["name"], one["kind"], one["subject"], one["state"], one["run"], one["share"]) == (
        "shorter-greeting", "prompt", "greeting", "running", 1, 1.0
    )  # fmt: skip
    assert one["arms"][1] == {"label": "shorter", "weight": 1.0, "value": "2"}


async def test_an_experiment_is_told_whole(api):
    await stored()
    status, document = await got(api, "experiments/shorter-greeting")
    assert status == 200 and WholeExperiment.model_validate(document).model_dump() == document
    (run,) = document["runs"]
    first, second = run["arms"]
    assert (first["units"], first["failed_over"], second["units"], second["wrong_text"]) == (1, 1, 1, 0)
    assert second["texts"] == [{"version": "greeting@2", "sha256": "0" * 64, "units": 1}]
    assert run["judged"]["arms"][0]["verdict"] == "go on" and len(run["over_time"]) == 1
    assert [entry["action"] for entry in document["ledger"]] == ["started", "planned"]


async def test_what_an_arm_of_another_kind_is_and_what_was_sent_of_it_is_told(api, provider_lab):
    def stored_models():
        a_deployment(provider_lab, "oss", "groq")
        a_deployment(provider_lab, "sol")
        run = a_subject_run("model", "oss", "oss", "sol")
        expose(run, "u", "sol", sha256=run.arms.get(value="sol").sha256)

    await sync_to_async(stored_models)()
    status, document = await got(api, "experiments/tried")
    assert status == 200 and WholeExperiment.model_validate(document).model_dump() == document
    assert (document["kind"], document["subject"], document["label"]) == ("model", "oss", "")
    arm = document["runs"][0]["arms"][1]
    assert json.loads(arm["said"]) == {"deployment": "sol", "model": "gpt-5.2", "provider": "openai"}
    assert arm["texts"] == [{"version": "sol", "sha256": arm["sha256"], "units": 1}]


async def test_one_that_there_is_not_is_said(api):
    status, problem = await got(api, "experiments/nothing")
    assert (status, problem["code"]) == (404, "unknown_experiment") and "'nothing'" in problem["detail"]


async def test_a_key_needs_the_scope_and_nobody_sees_them_without(api_as):
    await stored()
    assert (await got(api_as("sb_reader"), "experiments"))[0] == 200
    assert (await got(api_as("sb_execute"), "experiments"))[0] == 403
    assert (await AsyncClient().get("/api/v1/experiments")).status_code == 401


async def test_feedback_is_taken_and_holds_anew(api):
    for score in (0, 1):
        response = await api.post("/api/v1/feedback", {"session_id": "chat-1", "score": score, "comment": "ok"})
        assert response.status_code == 200 and response.json() == {"session_id": "chat-1", "score": float(score)}
    row = await sync_to_async(Feedback.objects.get)()
    assert (row.session_id, row.sender, row.score, row.comment) == ("chat-1", "key full", 1.0, "ok")


@pytest.mark.parametrize("body", [{"score": 1}, {"session_id": "a", "score": 2}, {"session_id": "", "score": 1}])
async def test_feedback_that_is_none_is_refused(api, body):
    response = await api.post("/api/v1/feedback", body)
    assert response.status_code == 400 and not await sync_to_async(Feedback.objects.exists)()


async def test_who_only_reads_gives_none(api_as):
    response = await api_as("sb_reader").post("/api/v1/feedback", {"session_id": "chat-1", "score": 1})
    assert response.status_code == 403
