from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from telemetry import tasks
from telemetry.database import partitions
from telemetry.models import Heartbeat, Span
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON, make_row

pytestmark = pytest.mark.django_db
NOW = datetime(2031, 3, 1, 22, 30, tzinfo=UTC)


def drop_all():
    for table in partitions.TABLES:
        for day in partitions.existing_days(connection, table):
            assert partitions.drop(connection, table, day)


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
    drop_all()
    assert write_spans([make_row(start_time=NOON - timedelta(days=5), arguments="{}")]) == 1
    assert day in partitions.existing_days(connection)


@pytest.mark.parametrize("patience", ["0", "7s"])
def test_who_makes_a_day_amid_more_work_waits_for_locks_as_long_as_before(patience):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{patience}'")
        assert partitions.ensure(connection, [date(2026, 3, 4)])
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == (patience,)


def test_there_is_no_partition_for_just_anything():
    with pytest.raises(IntegrityError, match="no partition"), transaction.atomic():
        Span.objects.create(start_time=datetime(1999, 1, 1, tzinfo=UTC), trace_id="0" * 32, span_id=1,
                            duration_ms=1, series_id=1, source_id=1, status=1)  # fmt: skip


def test_a_query_of_a_period_reads_only_its_days():
    partitions.ensure(connection, {NOON.date() - timedelta(days=days) for days in range(5)})
    plan = Span.objects.started_between(NOON, NOON + timedelta(hours=1)).explain()
    assert f"telemetry_span_{NOON:%Y%m%d}" in plan
    assert f"telemetry_span_{NOON - timedelta(days=2):%Y%m%d}" not in plan


def test_the_tasks_keep_days_ahead_and_the_heart_beating():
    drop_all()
    tasks.maintain_partitions()
    assert datetime.now(UTC).date() + timedelta(days=3) in partitions.existing_days(connection)
    tasks.beat_heart()
    tasks.beat_heart()
    assert Heartbeat.objects.get().seen_at > NOON
