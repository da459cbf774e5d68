from datetime import UTC, datetime, timedelta

import pytest

from dashboard.addresses import periods
from dashboard.addresses.selection import Selection
from dashboard.pages.overview import tiles
from telemetry.counts.outcome_counts import Tally
from tests.dashboard.builders import tally

NOW = datetime(2026, 11, 21, 14, 32, 5, tzinfo=UTC)


def test_a_hit_saves_what_an_uncached_call_takes():
    hundred = Tally(counts=tally(10, from_cache=30).counts, duration_sum_ms=1000.0)
    assert tiles.saved_ms({"crm": hundred}) == 3000.0


def tile(label, total, selection=Selection(), window=None):  # noqa: B008
    window = window or periods.find("15m").window(NOW)
    points = {next(window.bins()): total}
    found = tiles.tiles(window, selection, points, {"crm": total})
    return next(one for one in found if label in one.label)


def test_the_first_try_is_of_the_calls_that_ran():
    """The cache answered sixty of a hundred: those are no tries that went wrong."""
    total = tally(32, 4, from_cache=60, after_retry=4)
    found = tile("first try", total)
    assert (found.value, found.note) == ("80.0", "of 40 calls that ran · retries saved 10.0\u202fpoints")
    assert tile("Success", total).value == "96.0"


def test_calls_that_a_stage_ended_are_no_tries_either():
    assert tally(30, 10, arguments=5, breaker=7, from_cache=9).ran == 40
    assert tally(0, 0, from_cache=9).first_try_rate is None


def test_of_calls_that_all_ran_it_is_as_before():
    assert tile("first try", tally(90, 10)).value == "90.0"


def test_a_rate_is_over_the_time_that_was_observed():
    period = periods.find("15m")
    total = tally(900)
    assert tile("Calls", total, window=period.window(NOW, NOW - timedelta(seconds=60))).value == "15.0"
    assert tile("Calls", total, window=period.window(NOW, NOW - timedelta(days=3))).value == "1.0"


def test_what_is_dated_back_is_no_part_of_a_rate():
    window = periods.find("24h").window(NOW, NOW - timedelta(seconds=60), dated_back=True)
    found = tiles.tiles(window, Selection(), {}, {"crm": tally(1_000)}, 100)
    calls = next(each for each in found if each.label == "Calls")
    assert (calls.value, calls.note) == ("15.0", "1,000 · 100 dated back")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "all tools"),
        ({"tool": "crm"}, "crm"),
        ({"provider": "groq", "caller_role": "coach"}, "all tools · groq · role coach"),
        ({"calls": "reported"}, "all tools · reported"),
    ],
)
def test_the_tile_names_whose_success_it_is(query, words):
    assert tile("Success", tally(50), Selection.from_query(query)).label == f"Success, {words}"


@pytest.mark.parametrize(("minutes", "points"), [(5, 30), (2, 12), (60, 90)])
def test_the_line_of_calls_begins_where_recording_began(minutes, points):
    """In points of 10 s; without the last one, which still fills."""
    now = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)
    window = periods.find("15m").window(now, now - timedelta(minutes=minutes))
    series = dict.fromkeys(window.bins(), tally(20))
    found = next(
        tile for tile in tiles.tiles(window, Selection(), series, {"crm": tally(20)}) if tile.label == "Calls"
    )
    assert found.spark.count("L") + found.spark.count("M") in (points - 1, points)


def test_a_point_that_was_observed_in_part_is_no_lesser_peak():
    """Recording began 7 minutes into a point of 10, at 2 a second."""
    day = periods.find("24h")
    now = datetime(2026, 11, 21, 14, 37, tzinfo=UTC)
    window = day.window(now, now - timedelta(minutes=7))
    *_, last = window.bins()
    found = next(
        tile
        for tile in tiles.tiles(window, Selection(), {last: tally(840)}, {"crm": tally(840)})
        if tile.label == "Calls"
    )
    assert (found.value, found.unit) == ("2.0", "/s") and "peak 2.0\u202f/s at 14:30" in found.note
