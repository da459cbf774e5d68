"""What operators' tools ask: readiness, and the metrics of SalesBoost itself."""

import asyncio

import pytest
from django.db import OperationalError
from django.test import AsyncClient
from prometheus_client.parser import text_string_to_metric_families

from dashboard import readiness
from dashboard.readiness import check_postgres, check_valkey, judge_ingest, judge_worker
from telemetry.tasks import beat_heart


@pytest.mark.django_db(transaction=True)
async def test_ready_when_every_part_answers_and_the_worker_beats():
    client = AsyncClient()
    before = await client.get("/readyz")
    assert (before.status_code, before.json()["checks"]["worker"]["ok"]) == (503, False)
    await asyncio.to_thread(beat_heart)
    response = await client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (200, "ready")
    assert set(response.json()["checks"]) == {"postgres", "valkey", "worker", "ingest"}
    assert all(check["ms"] >= 0 for check in response.json()["checks"].values())


@pytest.mark.django_db(transaction=True)
async def test_one_part_that_is_away_is_named_and_the_others_still_answer(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    found = await readiness.readiness({"postgres": check_postgres, "valkey": check_valkey})
    assert found["status"] == "not_ready"
    assert found["checks"]["postgres"]["ok"] is True
    assert found["checks"]["valkey"]["detail"] == "it does not answer (ConnectionError)"


async def test_a_part_that_hangs_does_not_hang_the_answer(monkeypatch):
    monkeypatch.setattr(readiness, "ANSWER_WITHIN_S", 0.01)

    async def hang():
        await asyncio.Event().wait()

    found = await readiness.readiness({"hanging": hang})
    assert found["checks"]["hanging"]["detail"] == "no answer within 0.01 s"


def test_a_worker_is_judged_by_its_last_beat():
    assert judge_worker({"worker_heartbeat_age_s": 4.0})["ok"]
    assert not judge_worker({"worker_heartbeat_age_s": 60.0})["ok"]
    assert not judge_worker({"worker_heartbeat_age_s": None})["ok"]


def test_ingest_is_judged_by_its_lag():
    assert judge_ingest({"ingest_lag_s": 1.0, "queued": 5})["ok"]
    assert not judge_ingest({"ingest_lag_s": 300.0, "queued": 5})["ok"]


async def own_families():
    text = (await AsyncClient().get("/metrics")).content.decode()
    return {family.name: family for family in text_string_to_metric_families(text)}


@pytest.mark.django_db(transaction=True)
async def test_metrics_tell_of_the_store_and_of_valkey():
    await asyncio.to_thread(beat_heart)
    found = await own_families()
    assert found["salesboost_postgres_up"].samples[0].value == 1
    assert found["salesboost_valkey_degraded"].samples[0].value == 0
    assert found["salesboost_worker_heartbeat_age_seconds"].samples[0].value < 30
    assert {
        "salesboost_spans_dropped",
        "salesboost_spans_forwarded",
        "salesboost_ingest_lag_seconds",
        "tool_calls",
    } <= set(found)


async def test_metrics_answer_while_postgres_is_away(monkeypatch):
    def away():
        raise OperationalError("gone")

    monkeypatch.setattr("dashboard.views.operations.store_health", away)
    found = await own_families()
    assert found["salesboost_postgres_up"].samples[0].value == 0
    assert "salesboost_spool_bytes" in found
    assert "tool_calls" in found
