from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.addresses import periods
from dashboard.queries import call_counts
from telemetry.store import write_spans
from telemetry.tally import Tally
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
