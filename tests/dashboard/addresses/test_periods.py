from datetime import UTC, datetime, timedelta

import pytest

from dashboard.addresses import periods

NOON = datetime(2026, 11, 21, 12, 0, 7, tzinfo=UTC)


@pytest.mark.parametrize("period", periods.PERIODS.values(), ids=periods.PERIODS)
def test_a_period_has_points_enough_to_draw_and_few_enough_to_tell_apart(period):
    bins = list(period.window(NOON).bins())
    assert 90 <= len(bins) <= 180
    assert period.bin_s % period.resolution_s == 0


def test_the_last_bin_holds_the_present_moment():
    window = periods.find("90m").window(NOON)
    assert list(window.bins())[-1] == NOON.replace(second=0)
    assert window.end - window.start == timedelta(minutes=90)


def test_bins_stay_in_place_as_time_goes_on():
    first = periods.find("24h").window(NOON)
    later = periods.find("24h").window(NOON + timedelta(minutes=9))
    assert first.start == later.start


def test_an_unknown_key_is_ninety_minutes():
    assert periods.find("a fortnight").key == periods.find(None).key == "15m"


def test_a_window_counts_from_the_first_record_on():
    now = datetime(2026, 11, 21, 14, 32, 5, tzinfo=UTC)
    day = periods.find("24h")
    half_an_hour = day.window(now, now - timedelta(minutes=30))
    assert (half_an_hour.elapsed_s, half_an_hour.words) == (1800, "30\u202fmin (since the first record)")
    for first in (None, now - timedelta(days=40)):
        assert day.window(now, first).elapsed_s == day.window(now).elapsed_s > 85_000
        assert day.window(now, first).words == "the last 24 hours"
