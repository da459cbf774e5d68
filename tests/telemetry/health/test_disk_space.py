from datetime import date, timedelta

import pytest
from django.db import connection

from telemetry.database import partitions
from telemetry.health import disk_space
from telemetry.health.disk_space import Day
from telemetry.sampling import thinning
from telemetry.sampling.models import SamplingRule
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON, make_row

GB = 10**9
TODAY = date(2026, 5, 20)


def days_of(count, span_gb=1.0, payload_gb=0.5):
    """*count* whole days before today, newest first, with today, which is small yet."""
    whole = [
        Day(TODAY - timedelta(days=ago), 1_000, 0, 0, int(span_gb * GB), 0, int(payload_gb * GB))
        for ago in range(1, count + 1)
    ]
    return [Day(TODAY, 10, 0, 0, GB // 10), *whole]


@pytest.fixture
def kept(settings):
    settings.RETENTION_DAYS, settings.PAYLOAD_RETENTION_DAYS = 30, 14


def test_a_young_store_that_will_not_fit_has_so_many_days(kept):
    found = disk_space.forecast(days_of(10), TODAY, free=15 * GB)
    assert found.a_day == 1.5 * GB
    assert found.at_most == 31 * GB + 7.5 * GB
    assert found.days_left == 10


def test_a_store_that_is_full_of_days_lasts_for_ever(kept):
    found = disk_space.forecast(days_of(40), TODAY, free=GB)
    assert (found.days_left, found.at_most) == (None, found.now)


def test_without_a_whole_day_nothing_is_forecast(kept):
    assert disk_space.forecast(days_of(0), TODAY, free=GB).a_day is None


def test_where_postgres_runs_elsewhere_nobody_knows_the_room(kept, monkeypatch):
    assert disk_space.forecast(days_of(10), TODAY, free=None).days_left is None
    monkeypatch.setitem(connection.settings_dict, "HOST", "db.example.com")
    assert disk_space.free_bytes() is None


@pytest.mark.django_db
def test_the_room_is_that_of_the_disk_that_postgres_writes_to():
    assert disk_space.free_bytes() > 0


@pytest.mark.django_db
def test_each_day_has_its_spans_and_their_bytes(django_assert_num_queries):
    partitions.ensure_ahead(connection)
    write_spans([make_row(arguments="{}") for _ in range(50)])
    SamplingRule.objects.create(name="all", keep_one_in=1_000, keep_payloads_of_one_in=1_000, slow_ms=1_000)
    SamplingRule.objects.update(edited_at=NOON - timedelta(hours=1))
    thinning.thin(NOON, NOON + timedelta(hours=2))
    with django_assert_num_queries(3):
        found = {day.day: day for day in disk_space.days()}
    day = found[NOON.date()]
    assert (day.spans + day.deleted, day.thinned_hours) == (50, 1)
    assert day.deleted > 40
    assert min(day.table_bytes, day.index_bytes, day.payload_bytes) > 0
    assert found[max(found)].spans == 0
