from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from telemetry.health.rates import ingest_rates
from telemetry.health.recording import store_health
from telemetry.journal.journal import Journal
from telemetry.models import Heartbeat, IngestMinute, Recorder
from telemetry.process.counters import MINUTE_COUNTS, Counters, counters
from telemetry.process.heartbeats import WORKER
from telemetry.store.writer import Writer
from tests.telemetry.builders import make_row

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_waits(db, settings, tmp_path):
    """In the folder that all tests share there may be a span of another."""
    settings.SPOOL_DIR = tmp_path
    Recorder.objects.all().delete()  # of servers of other tests that write theirs late


def test_health_adds_up_all_processes(django_assert_num_queries, monkeypatch):
    monkeypatch.setattr("telemetry.health.recording.counters", Counters)  # this process has recorded nothing yet
    now = timezone.now()
    Recorder.objects.create(
        process="a", seen_at=now, stored=5, dropped=1, waiting=7, newest_end=now - timedelta(seconds=2), lag_s=0.3
    )
    Recorder.objects.create(process="dead", seen_at=now - timedelta(hours=1), stored=10, refused=2, waiting=99)
    Heartbeat.objects.create(name=WORKER, seen_at=now - timedelta(seconds=4))
    with django_assert_num_queries(4):
        health = store_health(now)
    assert (health["stored"], health["dropped"], health["refused"], health["queued"]) == (15, 1, 2, 7)
    assert (health["ingest_lag_s"], health["newest_span_age_s"]) == (0.3, 2.0)
    assert 4.0 <= health["worker_heartbeat_age_s"] < 8.0  # by Postgres's clock, which goes on
    assert health["partitions_ahead"] >= 0
    rollups = {"telemetry_rollup", "telemetry_tool_rollup", "telemetry_ended", "telemetry_witness"}
    assert set(health["size_bytes"]) == {"telemetry_span", "telemetry_span_payload", *rollups}
    assert all(health["size_bytes"].values())


def test_health_of_an_empty_store_knows_what_it_does_not_know():
    health = store_health()
    assert (health["newest_span_age_s"], health["worker_heartbeat_age_s"], health["dropped"]) == (None, None, 0)


def test_what_waits_on_disk_is_told(tmp_path):
    journal = Journal(tmp_path)
    journal.append(b"x" * 100)
    assert store_health()["spooled_bytes"] == 100
    journal.close()


def test_counts_are_written_only_when_they_changed(django_assert_num_queries):
    counters = Counters()
    counters.add(stored=3)
    counters.add(dropped=1)
    with django_assert_num_queries(2):
        counters.report()
        counters.report(now=True)
    assert Recorder.objects.get().dropped == 1


def test_all_processes_add_to_the_row_of_the_minute():
    one, other = Counters(), Counters()
    one.add(stored=5, late=2)
    one.report(now=True)
    one.add(stored=1)
    other.add(stored=10, refused=3)
    for each in (one, other):
        each.report(now=True)
    rows = IngestMinute.objects.all()
    assert [sum(getattr(row, name) for row in rows) for name in MINUTE_COUNTS] == [16, 2, 0, 3]


def test_rates_are_of_the_last_whole_minute_and_of_the_last_hour():
    now = datetime(2026, 5, 1, 12, 30, 20, tzinfo=UTC)
    for minutes, stored in ((0, 999), (1, 120), (60, 240), (61, 500), (1440, 7)):
        minute = now.replace(second=0) - timedelta(minutes=minutes)
        IngestMinute.objects.create(minute=minute, stored=stored, late=1)
    rates = ingest_rates(now)
    assert (rates.now, rates.hour, rates.late_in_a_day, len(rates.minutes)) == (2.0, 0.1, 5, 5)


def test_late_spans_are_counted_by_the_writer_once():
    before = counters().late
    rows = [make_row(start_time=timezone.now() - timedelta(minutes=minutes)) for minutes in (1, 9, 11, 300)]
    writer = Writer(most_waiting=100)
    writer._commit(rows)
    writer._commit(rows)
    assert counters().late - before == 2
