"""What operators' tools ask: readiness, and the metrics of SalesBoost itself."""

import asyncio

import pytest
from django.db import OperationalError
from django.test import AsyncClient
from prometheus_client.parser import text_string_to_metric_families

from dashboard import readiness
from dashboard.readiness import check_postgres, check_valkey, judge_ingest, judge_worker
from telemetry.tasks import beat_heart
from tools import live
from tools.keys import digest
from tools.live import KeyInfo, Snapshot
from tools.models import Scope


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


SCRAPER = KeyInfo("prometheus", "sb_scrap", frozenset({Scope.METRICS}), frozenset(), None, "")
AS_SCRAPER = {"Authorization": "Bearer sb_scraper"}


@pytest.fixture
def scraper():
    """A key that may read metrics and nothing else, known to this process."""
    with live.pinned(Snapshot(keys={digest("sb_scraper"): SCRAPER})):
        yield


@pytest.mark.django_db(transaction=True)
async def test_who_is_known_learns_what_each_part_said_and_others_whether_it_is_well(scraper):
    told = (await AsyncClient().get("/readyz")).json()["checks"]
    assert all(set(check) == {"ok", "ms"} for check in told.values())
    assert (await AsyncClient().get("/readyz", headers=AS_SCRAPER)).json()["checks"]["worker"]["detail"]


async def test_a_crowd_that_asks_costs_the_stores_no_more_than_one():
    asked = []

    async def ask():
        asked.append(1)
        await asyncio.sleep(0)
        return {"status": "ready", "checks": {}}

    shared = readiness.Shared(ask)
    answers = await asyncio.gather(*(shared.get() for _ in range(50)))
    assert (len(answers), len(asked)) == (50, 1)
    await shared.get()
    assert len(asked) == 2  # nobody gets an answer from before it asked


async def test_who_goes_away_takes_the_answer_from_nobody():
    shared = readiness.Shared(lambda: asyncio.sleep(0.02, {"status": "ready", "checks": {}}))
    first, second = asyncio.create_task(shared.get()), asyncio.create_task(shared.get())
    await asyncio.sleep(0)
    first.cancel()
    assert (await second)["status"] == "ready"


async def own_families():
    text = (await AsyncClient().get("/metrics", headers=AS_SCRAPER)).content.decode()
    return {family.name: family for family in text_string_to_metric_families(text)}


@pytest.mark.django_db(transaction=True)
async def test_metrics_tell_of_the_store_and_of_valkey(scraper):
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


async def test_metrics_answer_while_postgres_is_away(scraper, monkeypatch):
    def away():
        raise OperationalError("gone")

    monkeypatch.setattr("dashboard.views.operations.store_health", away)
    found = await own_families()
    assert found["salesboost_postgres_up"].samples[0].value == 0
    assert "salesboost_spool_bytes" in found
    assert "tool_calls" in found
