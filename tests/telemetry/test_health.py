from datetime import timedelta

import pytest
from django.utils import timezone

from telemetry.counters import Counters
from telemetry.health import store_health
from telemetry.journal import Journal
from telemetry.models import Heartbeat, Recorder
from telemetry.tasks import WORKER

pytestmark = pytest.mark.django_db


def test_health_adds_up_all_processes(django_assert_num_queries, monkeypatch):
    monkeypatch.setattr("telemetry.health.counters", Counters)  # this process has recorded nothing yet
    now = timezone.now()
    Recorder.objects.create(
        process="a", seen_at=now, stored=5, dropped=1, waiting=7, newest_end=now - timedelta(seconds=2), lag_s=0.3
    )
    Recorder.objects.create(process="dead", seen_at=now - timedelta(hours=1), stored=10, refused=2, waiting=99)
    Heartbeat.objects.create(name=WORKER, seen_at=now - timedelta(seconds=4))
    with django_assert_num_queries(4):
        health = store_health(now)
    assert (health["stored"], health["dropped"], health["refused"], health["queued"]) == (15, 1, 2, 7)
    assert (health["ingest_lag_s"], health["newest_span_age_s"], health["worker_heartbeat_age_s"]) == (
        0.3,
        2.0,
        4.0,
    )
    assert health["partitions_ahead"] >= 0
    rollups = {"telemetry_rollup", "telemetry_tool_rollup"}
    assert set(health["size_bytes"]) == {"telemetry_span", "telemetry_span_payload", *rollups}
    assert all(health["size_bytes"].values())


def test_health_of_an_empty_store_knows_what_it_does_not_know():
    health = store_health()
    assert (health["newest_span_age_s"], health["worker_heartbeat_age_s"], health["dropped"]) == (None, None, 0)


def test_what_waits_on_disk_is_told(settings, tmp_path):
    settings.SPOOL_DIR = tmp_path
    journal = Journal(tmp_path)
    journal.append(b"x" * 100)
    assert store_health()["spooled_bytes"] == 100
    journal.close()


def test_counts_are_written_only_when_they_changed(django_assert_num_queries):
    counters = Counters()
    counters.add(stored=3)
    counters.add(dropped=1)
    with django_assert_num_queries(1):
        counters.report()
        counters.report(now=True)
    assert Recorder.objects.get().dropped == 1


def test_a_process_with_nothing_waiting_is_not_stalled():
    counters = Counters()
    assert counters.stalled_s() == 0
    counters.gauges["journal"] = lambda: 3
    assert counters.stalled_s() > 0
