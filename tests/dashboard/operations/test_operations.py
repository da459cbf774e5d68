"""What operators' tools ask: readiness, and the metrics of SalesBoost itself."""

import asyncio
import os
import re
import time
from datetime import timedelta

import pytest
from channels.db import database_sync_to_async
from django.db import OperationalError
from django.db.models.functions import Now
from django.test import AsyncClient
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from dashboard.operations import readiness
from dashboard.operations.readiness import check_postgres, check_valkey, judge_ingest, judge_worker
from telemetry.alerts.models import Delivery, Rule, RuleFault
from telemetry.alerts.tasks import evaluate_rules, send_deliveries
from telemetry.journal.journal import Journal
from telemetry.models import Heartbeat
from telemetry.process.heartbeats import CANARY, beat
from telemetry.spans.finished import SpanFacts, pack
from telemetry.tasks import beat_heart
from tests.telemetry.alerts.builders import make_route, make_rule
from tools.decisions import live
from tools.decisions.keys import digest
from tools.decisions.live import KeyInfo, Snapshot
from tools.definition.registry import ToolRegistry
from tools.health import rounds
from tools.models import Scope
from tools.running import runtime
from tools.running.executor import ToolExecutor
from tools.state.memory import MemoryState

PARTS = (beat_heart, evaluate_rules, send_deliveries)
SCRAPER = KeyInfo("prometheus", "sb_scrap", frozenset({Scope.METRICS}), frozenset(), None, "")
AS_SCRAPER = {"Authorization": "Bearer sb_scraper"}


@pytest.fixture(autouse=True)
def scraper():
    """A key that may read metrics and nothing else, known to this process."""
    with live.pinned(Snapshot(keys={digest("sb_scraper"): SCRAPER})):
        yield


@pytest.fixture(autouse=True)
def nothing_waits_from_before(settings, tmp_path):
    """Tools that other tests called left spans in the tests' spool, where no process stores them."""
    settings.SPOOL_DIR = tmp_path


async def run(*tasks):
    """Run *tasks* as a worker would, and give their connections back."""
    for task in tasks:
        await database_sync_to_async(task, thread_sensitive=False)()


async def asked():
    """The status of ``/readyz``, and what is wrong by its answer."""
    response = await AsyncClient().get("/readyz", headers=AS_SCRAPER)
    checks = response.json()["checks"]
    return response.status_code, {name: check.get("detail") for name, check in checks.items() if not check["ok"]}


@pytest.mark.django_db(transaction=True)
async def test_ready_when_every_part_answers_and_the_worker_beats():
    client = AsyncClient()
    before = await client.get("/readyz")
    assert (before.status_code, before.json()["checks"]["worker"]["ok"]) == (503, False)
    await run(*PARTS)
    response = await client.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (200, "ready"), response.json()
    parts = {"postgres", "valkey", "worker", "ingest", "judging", "sending", "canary"}
    assert set(response.json()["checks"]) == parts
    assert all(check["ms"] >= 0 for check in response.json()["checks"].values())


@pytest.mark.django_db(transaction=True)
async def test_a_part_that_stopped_is_named_though_the_worker_beats_on():
    await run(*PARTS)
    await Heartbeat.objects.filter(name="judging").aupdate(seen_at=Now() - timedelta(minutes=5))
    # Five minutes, and what the machine takes until it is asked.
    status, said = await asked()
    assert (status, list(said)) == (503, ["judging"])
    assert re.fullmatch(r"rules have not been judged for 3[0-5]\d s", said["judging"])
    await run(evaluate_rules)
    await Heartbeat.objects.filter(name="sending").aupdate(seen_at=Now() - timedelta(minutes=5))
    status, said = await asked()
    assert (status, list(said)) == (503, ["sending"])
    assert re.fullmatch(r"the outbox has not been emptied for 3[0-5]\d s", said["sending"])


@pytest.mark.django_db(transaction=True)
async def test_what_never_began_is_named():
    await run(beat_heart)
    assert await asked() == (
        503,
        {"judging": "rules have never been judged", "sending": "the outbox has never been emptied"},
    )


@pytest.mark.django_db(transaction=True)
async def test_a_message_that_nobody_takes_is_named_and_one_to_be_tried_later_is_not():
    await run(*PARTS)
    now = timezone.now()
    route = await database_sync_to_async(make_route)()
    given = {"route": route, "kind": "test", "message": {}, "created_at": now, "attempts": 3}
    await Delivery.objects.acreate(key="a", next_attempt_at=now + timedelta(hours=1), **given)
    assert await asked() == (200, {})
    await Delivery.objects.acreate(key="b", next_attempt_at=now - timedelta(minutes=2), **given)
    status, wrong = await asked()
    assert (status, list(wrong)) == (503, ["sending"])
    assert re.fullmatch(r"a message that was due 12\d s ago is not sent", wrong["sending"])


@pytest.mark.django_db(transaction=True)
async def test_a_rule_that_cannot_be_judged_is_told_and_nobody_is_unready_for_it():
    await run(*PARTS)
    rule, now = await database_sync_to_async(make_rule)(name="Success"), timezone.now()
    fault = {"error": "ValueError: math domain error", "since": now, "seen_at": now}
    await RuleFault.objects.acreate(rule=rule, tool="crm", **fault)
    answer = await AsyncClient().get("/readyz", headers=AS_SCRAPER)
    judging = answer.json()["checks"]["judging"]
    assert (answer.status_code, judging["ok"], judging["faults"]) == (200, True, 1)
    (told,) = judging["first_faults"]
    assert told.startswith("the rule Success cannot be judged for crm since ")
    assert told.endswith("UTC: ValueError: math domain error")
    assert (await own_families())["salesboost_alerts_rules_faulty"].samples[0].value == 1


@pytest.mark.django_db(transaction=True)
async def test_tools_that_rules_have_no_room_for_are_told_and_nobody_is_unready_for_them():
    await run(*PARTS)
    rule = await database_sync_to_async(make_rule)(name="Success")
    await Rule.objects.filter(pk=rule.pk).aupdate(tools_left_out=7)
    answer = await AsyncClient().get("/readyz", headers=AS_SCRAPER)
    judging = answer.json()["checks"]["judging"]
    assert (answer.status_code, judging["ok"], judging["tools_left_out"]) == (200, True, 7)
    assert (await own_families())["salesboost_alerts_tools_left_out"].samples[0].value == 7


@pytest.mark.django_db(transaction=True)
async def test_a_span_left_on_disk_by_a_dead_process_is_named(tmp_path):
    await run(*PARTS)
    ended_ns = time.time_ns() - 100_000_000_000
    dead = Journal(tmp_path)
    dead.append(pack(SpanFacts(trace_id=1, span_id=1, name="x", start_ns=ended_ns, end_ns=ended_ns)))
    dead.close()
    status, wrong = await asked()
    assert (status, list(wrong)) == (503, ["ingest"])


@pytest.mark.django_db(transaction=True)
async def test_one_part_that_is_away_is_named_and_the_others_still_answer(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    found = await readiness.readiness({"postgres": check_postgres, "valkey": check_valkey})
    assert found["status"] == "not_ready"
    assert found["checks"]["postgres"]["ok"] is True
    assert found["checks"]["valkey"]["detail"] == "it does not answer (ConnectionError)"


@pytest.mark.django_db(transaction=True)
async def test_what_cannot_be_read_is_told_of_every_part_that_is_read_with_it(monkeypatch):
    def away():
        raise OperationalError("gone")

    monkeypatch.setattr(readiness, "_work", away)
    assert await asked() == (
        503,
        dict.fromkeys(
            ("worker", "ingest", "judging", "sending", "canary"), "it does not answer (OperationalError)"
        ),
    )


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


def test_ingest_is_judged_by_the_oldest_span_that_waits():
    assert judge_ingest({"oldest_unstored_span_age_s": 1.0, "queued": 5})["ok"]
    assert not judge_ingest({"oldest_unstored_span_age_s": 300.0, "queued": 5})["ok"]


@pytest.mark.django_db(transaction=True)
async def test_who_is_known_learns_what_each_part_said_and_others_whether_it_is_well():
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
async def test_metrics_tell_of_the_store_and_of_valkey():
    await run(beat_heart)
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


@pytest.mark.django_db(transaction=True)
async def test_metrics_tell_when_rules_were_judged_and_messages_sent():
    names = ("salesboost_alerts_judged_timestamp_seconds", "salesboost_alerts_sent_timestamp_seconds")
    before = await own_families()
    assert [before[name].samples[0].value for name in names] == [0, 0]
    await run(evaluate_rules, send_deliveries)
    after = await own_families()
    assert all(abs(time.time() - after[name].samples[0].value) < 30 for name in names)
    assert after["salesboost_alerts_messages_waiting"].samples[0].value == 0
    assert after["salesboost_alerts_oldest_due_message_age_seconds"].samples[0].value == 0
    assert after["salesboost_oldest_unstored_span_age_seconds"].samples[0].value == 0


async def test_metrics_answer_while_postgres_is_away(monkeypatch):
    def away():
        raise OperationalError("gone")

    monkeypatch.setattr("dashboard.operations.views.store_health", away)
    found = await own_families()
    assert found["salesboost_postgres_up"].samples[0].value == 0
    assert {"salesboost_spool_bytes", "salesboost_oldest_unstored_span_age_seconds"} <= set(found)
    assert "tool_calls" in found


@pytest.mark.django_db(transaction=True)
async def test_a_canary_that_falls_silent_is_a_warning_and_no_reason_to_be_unready():
    async def told():
        answer = await AsyncClient().get("/readyz", headers=AS_SCRAPER)
        return answer.status_code, answer.json()["checks"]["canary"].get("warning")

    def seen(age_s):
        beat(CANARY)
        Heartbeat.objects.filter(name=CANARY).update(seen_at=Now() - timedelta(seconds=age_s))

    await run(*PARTS)
    assert await told() == (200, "no call of the canary was stored yet")
    await database_sync_to_async(seen)(70)
    assert await told() == (200, None)
    await database_sync_to_async(seen)(500)
    status, warning = await told()
    assert (status, warning) == (200, "no call of the canary was stored for 500 s, and it is made by the minute")
    public = (await AsyncClient().get("/readyz")).json()["checks"]["canary"]
    assert set(public) == {"ok", "ms"}


@pytest.mark.django_db(transaction=True)
async def test_metrics_tell_of_the_canary_and_of_the_health_of_each_tool(monkeypatch):
    registry = ToolRegistry()

    @registry.tool(probe=lambda: None)
    async def probed() -> str:
        """Is probed."""
        return ""

    @registry.tool
    async def unknown() -> str:
        """Nobody knows."""
        return ""

    executor = ToolExecutor(registry, state=MemoryState())
    monkeypatch.setitem(runtime._executors, os.getpid(), executor)
    await rounds.take(executor)
    await database_sync_to_async(beat)(CANARY)
    text = (await AsyncClient().get("/metrics", headers=AS_SCRAPER)).content.decode()
    found = {
        (sample.name, sample.labels.get("tool_name")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["tool_health_score", "probed"] == 100
    assert found["tool_probe_success", "probed"] == 1
    assert 0 <= found["tool_probe_duration_seconds", "probed"] < 1
    assert ("tool_health_score", "unknown") not in found
    assert 0 <= found["salesboost_canary_age_seconds", None] < 30
    assert abs(found["salesboost_canary_last_seen_timestamp_seconds", None] - time.time()) < 60
    executor.close()
