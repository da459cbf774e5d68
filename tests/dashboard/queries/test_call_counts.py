from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.addresses import periods
from dashboard.queries import call_counts
from telemetry.counts.outcome_counts import Tally
from telemetry.models import IngestMinute
from telemetry.store.batches import write_spans
from tests.dashboard.builders import store_calls
from tests.telemetry.builders import make_row

pytestmark = pytest.mark.django_db
FILTERS = [{}, {"tool": "sms"}, {"provider": "groq"}, {"tool": "crm_integration", "caller_role": "coach"}]


def store_a_month(now):
    """Calls at all ages that a period may end in, of two tools and two providers."""
    for minutes in (1, 14, 16, 89, 91, 1439, 1441, 10_000, 10_200, 43_000, 43_500):
        store_calls(good=3, bad=1, at=now - timedelta(minutes=minutes))
        store_calls(good=2, bad=2, at=now - timedelta(minutes=minutes), tool="sms", provider="groq")


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("period", periods.PERIODS.values(), ids=periods.PERIODS)
def test_all_reads_of_a_period_count_the_same_calls(period, filters, settings):
    settings.RETENTION_DAYS = 60
    now = timezone.now()
    store_a_month(now)
    window = period.window(now)
    shown = call_counts.names(window, filters)
    grid = call_counts.tallies_by_bin_and_tool(window, filters, shown)
    points = call_counts.tallies_by_bin(window, filters)
    by_grid = Tally.sum(tally for tools in grid.values() for tally in tools.values())
    by_point = Tally.sum(points.values())
    by_caller = Tally.sum(call_counts.tallies_by_caller(window, filters, shown).values())
    assert by_grid.counts == by_point.counts == by_caller.counts
    assert by_point.durations == by_caller.durations
    assert by_caller.calls > 0
    assert set(points) <= set(window.bins())


@pytest.mark.parametrize("key", ["15m", "24h", "7d", "30d"])
@pytest.mark.parametrize("minutes", [4, 400])
def test_recording_is_known_to_have_begun_with_the_first_record(key, minutes):
    now = timezone.now()
    first = now - timedelta(minutes=minutes)
    write_spans([make_row(start_time=first), make_row(start_time=now)])
    window = call_counts.observed(periods.find(key), now)
    observed_s = min(60 * minutes, periods.find(key).window(now).elapsed_s)
    assert observed_s <= window.elapsed_s <= observed_s + call_counts.FINEST_S


def test_without_a_record_a_window_is_whole():
    now = timezone.now()
    assert call_counts.observed(periods.find("24h"), now) == periods.find("24h").window(now)


@pytest.mark.parametrize("key", ["24h", "7d", "30d"])
@pytest.mark.parametrize(
    "back", [timedelta(minutes=100), timedelta(days=29, hours=21)], ids=["100 min", "29.9 days"]
)
def test_a_window_begins_when_the_first_span_was_stored_whenever_that_says_it_began(key, back):
    now = timezone.now()
    first = now.replace(second=0, microsecond=0) - timedelta(minutes=4)
    IngestMinute.objects.create(minute=first, stored=11)
    dated_back = [make_row(start_time=now - back) for _ in range(10)]
    write_spans([*dated_back, make_row(start_time=first + timedelta(seconds=20)), make_row(start_time=now)])
    window = call_counts.observed(periods.find(key), now)
    assert 200 <= window.elapsed_s <= 300
    assert window.words.endswith("(since the first record)")
    within = 10 if now - back >= window.start else 0
    assert call_counts.calls_dated_back(window, {}) == within
    assert call_counts.calls_dated_back(window, {"tool": "other"}) == 0


def test_the_first_of_all_was_stored_before_the_first_that_began_since():
    minute = timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=2)
    IngestMinute.objects.create(minute=minute, stored=2)
    write_spans([make_row(start_time=minute - timedelta(seconds=50))], minute + timedelta(seconds=13))
    write_spans([make_row(start_time=minute + timedelta(seconds=33))], minute + timedelta(seconds=34))
    window = call_counts.observed(periods.find("24h"), minute + timedelta(seconds=43))
    assert window.observed_from == minute + timedelta(seconds=10)


def test_a_store_that_is_older_than_the_period_was_observed_for_all_of_it(django_assert_num_queries):
    now = timezone.now()
    IngestMinute.objects.create(minute=now - timedelta(days=2), stored=11)
    write_spans([make_row(start_time=now - timedelta(minutes=50)), make_row(start_time=now - timedelta(days=5))])
    with django_assert_num_queries(1):
        window = call_counts.observed(periods.find("24h"), now)
    assert (window.words, call_counts.calls_dated_back(window, {})) == ("the last 24 hours", 0)
