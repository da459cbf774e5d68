import os
import subprocess
import sys
from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from telemetry.counts import resolutions
from telemetry.database import partitions
from telemetry.models import EndedCalls, Recorder, Rollup, Span, SpanPayload, ToolRollup
from telemetry.store import retention
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON, make_row


def days_ago(*days, **changes):
    for ago in days:
        write_spans([make_row(start_time=NOON - timedelta(days=ago), arguments="{}", **changes)])


def steps_of_the_older_day():
    """In which steps the calls of the day before NOON are counted still."""
    rows = (model.objects.filter(bucket__lt=NOON - timedelta(hours=12)) for model in (Rollup, ToolRollup))
    return {row.resolution_s for found in rows for row in found}


@pytest.fixture
def kept(settings):
    settings.RETENTION_DAYS, settings.PAYLOAD_RETENTION_DAYS, settings.ROLLUP_RETENTION_DAYS = 30, 14, 400


@pytest.mark.django_db
def test_spans_and_payloads_go_by_whole_days_each_after_its_own_time(kept):
    days_ago(14, 15, 30, 31, 200)
    removed = retention.apply(NOON)
    assert {NOON.date() - timedelta(days=31), NOON.date() - timedelta(days=200)} <= set(removed.days)
    assert {NOON.date() - timedelta(days=15), NOON.date() - timedelta(days=30)} <= set(removed.payload_days)
    assert sorted((NOON - span.start_time).days for span in Span.objects.all()) == [14, 15, 30]
    assert [(NOON - payload.start_time).days for payload in SpanPayload.objects.all()] == [14]
    assert (removed.postponed, removed.unfinished) == ([], False)


@pytest.mark.django_db
def test_each_step_of_rollups_is_kept_for_its_own_time(kept):
    days_ago(0, 1)
    for days, gone in ((3, {10}), (14, {60, 600}), (400, {3600, 14400, 86400})):
        before = steps_of_the_older_day()
        assert gone <= before
        retention.apply(NOON + timedelta(days=days))
        assert before - steps_of_the_older_day() == gone
        assert {row.bucket.date() for row in Rollup.objects.at(max(gone - {600, 14400}))} == {NOON.date()}


@pytest.mark.django_db
def test_a_short_retention_of_rollups_holds_for_every_step(settings):
    settings.ROLLUP_RETENTION_DAYS = 2
    assert {resolutions.kept_days(resolution_s) for resolution_s in (10, 60, 3600)} == {2}


@pytest.mark.django_db
def test_rollups_go_in_chunks_and_a_run_out_of_time_is_taken_up_by_the_next(kept, monkeypatch):
    monkeypatch.setattr(retention, "CHUNK_ROWS", 2)
    days_ago(0, 1, 2)
    total = sum(model.objects.count() for model in (Rollup, ToolRollup, EndedCalls))
    clock = iter([0.0, 1.0, 99.0])
    first = retention.apply(NOON + timedelta(days=500), clock=lambda: next(clock))
    assert (first.rollups, first.unfinished) == (2, True)
    second = retention.apply(NOON + timedelta(days=500))
    assert (second.rollups, second.unfinished) == (total - 2, False)


@pytest.mark.django_db(transaction=True)
def test_a_day_in_use_is_left_for_the_next_run_and_holds_nobody_up(kept, monkeypatch):
    monkeypatch.setattr(partitions, "LOCK_TIMEOUT", "50ms")
    days_ago(31)
    rests = []
    with psycopg.connect(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"]) as reader:
        reader.execute("SELECT * FROM telemetry_span LIMIT 1")
        busy = retention.apply(NOON, sleep=rests.append)
    name = partitions.partition_name(partitions.SPANS, NOON.date() - timedelta(days=31))
    assert name in busy.postponed
    assert len(rests) == 2 * len(busy.postponed)
    assert NOON.date() - timedelta(days=31) in retention.apply(NOON).days


@pytest.mark.django_db
def test_a_span_as_old_as_retention_allows_is_stored_though_its_day_was_never_made(kept):
    oldest, _ = partitions.allowed(NOON)
    retention.apply(NOON)
    assert write_spans([make_row(start_time=oldest, arguments="{}")]) == 1


@pytest.mark.django_db
def test_the_counts_of_processes_long_gone_are_added_up():
    for number in range(3):
        Recorder.objects.create(process=str(number), seen_at=NOON - timedelta(days=8), stored=5, dropped=2)
    Recorder.objects.create(process="live", seen_at=NOON, stored=1)
    for _ in range(2):
        retention.apply(NOON)
    assert list(Recorder.objects.order_by("process").values_list("process", "stored", "dropped")) == [
        ("earlier", 15, 6),
        ("live", 1, 0),
    ]


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {"RETENTION_DAYS": "5", "PAYLOAD_RETENTION_DAYS": "6"},
            "PAYLOAD_RETENTION_DAYS=6 is out of range: use 1 to 5",
        ),
        (
            {"RETENTION_DAYS": "90", "ROLLUP_RETENTION_DAYS": "60"},
            "ROLLUP_RETENTION_DAYS=60 is out of range: use 90",
        ),
        ({"RETENTION_DAYS": "0"}, "RETENTION_DAYS=0 is out of range"),
    ],
)
def test_retention_that_makes_no_sense_stops_the_start(variables, said):
    start = [sys.executable, "-c", "import salesboost.settings"]
    ended = subprocess.run(start, env=os.environ | variables, capture_output=True, text=True, check=False)
    assert said in ended.stderr


def test_payloads_are_kept_for_two_weeks_or_as_long_as_spans():
    told = "from salesboost import settings; print(settings.PAYLOAD_RETENTION_DAYS)"
    for days, payload_days in (("30", "14"), ("7", "7")):
        start = [sys.executable, "-c", told]
        ended = subprocess.run(
            start, env=os.environ | {"RETENTION_DAYS": days}, capture_output=True, text=True, check=True
        )
        assert ended.stdout.strip() == payload_days
