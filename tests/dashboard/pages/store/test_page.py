from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from dashboard.addresses import periods
from dashboard.pages.store import charts
from dashboard.pages.store.tiles import disk_tile, hour_note, next_drop
from telemetry.health.disk_space import Day, Forecast
from telemetry.health.rates import ingest_rates
from telemetry.models import IngestMinute
from tests.dashboard.builders import store_calls

NOW = datetime(2026, 11, 21, 14, 32, 5, tzinfo=UTC)
WINDOW = periods.PERIODS["24h"].window(NOW)
GB = 10**9
GROWS = "grows 1.0 GB a day, as in the last 7 whole days"


def minute(ago, **counts):
    at = NOW.replace(second=0) - timedelta(minutes=ago)
    return {at: IngestMinute(minute=at, **counts)}


def test_the_chart_adds_up_minutes_and_shows_what_was_lost_in_red():
    figure = charts.ingest(WINDOW, minute(0, stored=600) | minute(1, stored=600, dropped=60) | minute(3000))
    stored, lost = figure["data"]
    # Of the last point 125 seconds are over.
    assert (stored["name"], stored["y"][-1], sum(stored["customdata"])) == ("stored", 9.6, 1_200)
    assert (lost["marker"]["color"], lost["customdata"][-1]) == ("var(--bad)", 60)
    assert charts.ingest(WINDOW, {})["data"] == []


@pytest.mark.parametrize(
    ("forecast", "free", "value", "note", "tone"),
    [
        (Forecast(GB), None, "unknown", "Postgres runs elsewhere: watch its disk there", ""),
        (Forecast(GB), 60 * GB, "60 GB free", "no whole day yet to measure the growth by", ""),
        (
            Forecast(GB, GB, 9 * GB, measured=1),
            60 * GB,
            "60 GB free",
            "lasts: grows 1.0 GB a day, as in the last whole day, 9.0 GB at most",
            "",
        ),
        (Forecast(GB, GB, 99 * GB, 60.0, 7), 60 * GB, "60 days left", f"60 GB free, {GROWS}", "warn"),
        (Forecast(GB, GB, 99 * GB, 6.0, 7), 6 * GB, "6 days left", f"6.0 GB free, {GROWS}", "bad"),
    ],
)
def test_the_room_on_the_disk_is_said_in_words(forecast, free, value, note, tone):
    tile = disk_tile(forecast, free)
    assert [text.replace("\u202f", " ") for text in (tile.value, tile.note)] == [value, note]
    assert tile.tone == tone


def test_the_oldest_day_goes_when_it_has_been_kept_whole(settings):
    settings.RETENTION_DAYS = 30
    days = [Day(NOW.date() + timedelta(days=1)), Day(NOW.date() - timedelta(days=30))]
    assert next_drop(days, NOW) == (NOW.date() - timedelta(days=30), NOW.date() + timedelta(days=1))
    assert next_drop(days[:1], NOW) is None


@pytest.mark.django_db
@pytest.mark.parametrize("days", [1, 20])
def test_the_page_costs_the_same_queries_for_one_day_and_for_many(signed_in, days, django_assert_num_queries):
    for ago in range(days):
        store_calls(good=2, at=timezone.now() - timedelta(days=ago))
    with django_assert_num_queries(12):  # session, user; health: 4; rates: 2; sizes, spans, thinned hours, disk
        page = signed_in.get("/system/store/").content.decode()
    assert f"{timezone.now():%Y-%m-%d}" in page
    assert "Next to go" in page
    assert "Bytes a span" in page


@pytest.mark.django_db
def test_an_empty_store_says_how_to_fill_it(signed_in):
    page = signed_in.get("/system/store/").content.decode()
    assert "Point an exporter at" in page


@pytest.mark.django_db
def test_the_page_wants_a_login(client):
    assert client.get("/system/store/").status_code == 302


@pytest.mark.parametrize(
    ("ago", "per_second", "note"),
    [
        ((1, 2, 3), 10.0, "10.0/s over 3\u202fmin (since the first span)"),
        ((1, 2, 3, 4_000), 0.5, "30.0/min over the last hour"),
        ((0,), 0.0, "the first minute is not over yet"),
    ],
)
def test_an_hour_that_was_not_recorded_divides_nothing(db, ago, per_second, note):
    for each in ago:
        IngestMinute.objects.create(minute=NOW.replace(second=0) - timedelta(minutes=each), stored=600)
    rates = ingest_rates(NOW)
    assert rates.hour == per_second
    assert hour_note(rates) == note
