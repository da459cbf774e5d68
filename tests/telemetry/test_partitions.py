from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from telemetry import partitions, retention, tasks
from telemetry.models import Heartbeat, Recorder, Rollup, Span
from telemetry.store import write_spans
from tests.telemetry.builders import NOON, make_row

pytestmark = pytest.mark.django_db
NOW = datetime(2031, 3, 1, 22, 30, tzinfo=UTC)


def test_a_days_partition_ends_where_the_next_begins():
    sql = partitions.create_sql("telemetry_span", date(2028, 2, 29))
    assert "telemetry_span_20280229" in sql
    assert "FROM ('2028-02-29 00:00:00+00') TO ('2028-03-01 00:00:00+00')" in sql


@pytest.mark.parametrize("name", ["telemetry_span", "telemetry_span_old", "other_2026"])
def test_other_tables_are_no_partitions_of_ours(name):
    assert partitions.partition_day(name) is None


def test_days_are_made_ahead_and_only_once():
    made = partitions.ensure_ahead(connection, NOW)
    assert made == [date(2031, 3, 1), date(2031, 3, 2), date(2031, 3, 3), date(2031, 3, 4)]
    assert partitions.ensure_ahead(connection, NOW) == []
    for table in partitions.TABLES:
        assert set(made) <= partitions.existing_days(connection, table)


def test_a_missing_day_is_made_when_a_span_of_it_comes():
    day = NOON.date() - timedelta(days=5)
    partitions.drop_before(connection, NOON.date() + timedelta(days=9))
    assert write_spans([make_row(start_time=NOON - timedelta(days=5), arguments="{}")]) == 1
    assert day in partitions.existing_days(connection)


def test_there_is_no_partition_for_just_anything():
    with pytest.raises(IntegrityError, match="no partition"), transaction.atomic():
        Span.objects.create(start_time=datetime(1999, 1, 1, tzinfo=UTC), trace_id="0" * 32, span_id=1,
                            duration_ms=1, series_id=1, source_id=1, status=1)  # fmt: skip


def test_retention_drops_whole_days_and_old_rollups(settings):
    settings.RETENTION_DAYS, settings.ROLLUP_RETENTION_DAYS = 30, 400
    for days in (29, 31, 401):
        write_spans([make_row(start_time=NOON - timedelta(days=days))])
    removed = retention.apply(NOON)
    assert {NOON.date() - timedelta(days=31), NOON.date() - timedelta(days=401)} <= set(removed.days)
    assert removed.rollups == 3
    assert Span.objects.count() == 1
    assert Rollup.objects.at(60).tallies()[()].calls == 2


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


def test_a_query_of_a_period_reads_only_its_days():
    partitions.ensure(connection, {NOON.date() - timedelta(days=days) for days in range(5)})
    plan = Span.objects.started_between(NOON, NOON + timedelta(hours=1)).explain()
    assert f"telemetry_span_{NOON:%Y%m%d}" in plan
    assert f"telemetry_span_{NOON - timedelta(days=2):%Y%m%d}" not in plan


def test_the_tasks_keep_days_ahead_and_the_heart_beating():
    partitions.drop_before(connection, NOON.date() + timedelta(days=9))
    tasks.maintain_partitions()
    assert datetime.now(UTC).date() + timedelta(days=3) in partitions.existing_days(connection)
    tasks.beat_heart()
    tasks.beat_heart()
    assert Heartbeat.objects.get().seen_at > NOON
