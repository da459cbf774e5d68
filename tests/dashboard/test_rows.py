from datetime import UTC, datetime, timedelta

import pytest

from dashboard import periods, rows
from dashboard.selection import Selection
from telemetry.semconv import UNKNOWN_TOOL
from telemetry.tally import Tally
from tests.dashboard.builders import tally


def test_tools_that_are_registered_come_before_those_that_others_name():
    totals = {"an invented one": tally(9), "sms": tally(1)}
    found = rows.tool_rows(Selection(), totals, {}, known=["crm", "sms"])
    assert [row.name for row in found] == ["crm", "sms", "an invented one"]


def test_tools_keep_their_order_and_unknown_names_have_no_row():
    totals = {UNKNOWN_TOOL: tally(0, 3), "sms": tally(1)}
    found = rows.tool_rows(Selection(), totals, {}, known=["crm", "sms"])
    assert [row.name for row in found] == ["crm", "sms"]


def test_a_ladder_fills_its_whole_length():
    ladder = rows.ladder_of(tally(50, 30, after_retry=15, rate_limit=5))
    assert [rung.key for rung in ladder] == ["first", "retry", "failed", "refused"]
    assert ladder[-1].left + ladder[-1].share == 100
    assert ladder[0].sentence == "first try 50.0\u202f% (50)"


def test_a_ladder_of_few_calls_counts_instead_of_giving_shares():
    assert [rung.sentence for rung in rows.ladder_of(tally(3, 1))] == ["first try 3", "failed 1"]


def test_a_band_is_drawn_from_sixty_to_a_hundred():
    band = rows.band_of(tally(90, 10))
    assert (band.goal, band.dot) == (75.0, 75.0)
    assert 0 < band.left < 75 < band.left + band.width <= 100


def test_a_hit_saves_what_an_uncached_call_takes():
    hundred = Tally(counts=tally(10, from_cache=30).counts, duration_sum_ms=1000.0)
    assert rows.saved_ms({"crm": hundred}) == 3000.0


def test_a_link_keeps_period_and_filters():
    selection = Selection.from_query({"period": "7d", "provider": "groq", "nonsense": "x"})
    row = rows.rate_row("crm", tally(1), tally(1), selection.query(tool="crm"))
    assert row.query == "period=7d&provider=groq&tool=crm"


NOW = datetime(2026, 11, 21, 14, 32, 5, tzinfo=UTC)


def tile(label, total, selection=Selection(), window=None):  # noqa: B008
    window = window or periods.find("15m").window(NOW)
    points = {next(window.bins()): total}
    tiles = rows.tiles(window, selection, points, {"crm": total})
    return next(found for found in tiles if label in found.label)


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
    found = rows.tiles(window, Selection(), {}, {"crm": tally(1_000)}, 100)
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


def test_a_state_that_the_last_minutes_gave_says_their_rate():
    """ "At risk" beside 98.9 % would explain nothing."""
    row = rows.rate_row("crm", tally(989, 11), tally(26, 4), "")
    assert (row.state.word, row.because) == ("at risk", "86.7\u202f% of 30 calls in the last 5 minutes")
    assert rows.rate_row("crm", tally(989, 11), tally(30), "").because == ""


@pytest.mark.parametrize(("minutes", "points"), [(5, 30), (2, 12), (60, 90)])
def test_the_line_of_calls_begins_where_recording_began(minutes, points):
    """In points of 10 s; without the last one, which still fills."""
    now = datetime(2026, 11, 21, 14, 30, tzinfo=UTC)
    window = periods.find("15m").window(now, now - timedelta(minutes=minutes))
    series = dict.fromkeys(window.bins(), tally(20))
    found = next(
        tile for tile in rows.tiles(window, Selection(), series, {"crm": tally(20)}) if tile.label == "Calls"
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
        for tile in rows.tiles(window, Selection(), {last: tally(840)}, {"crm": tally(840)})
        if tile.label == "Calls"
    )
    assert (found.value, found.unit) == ("2.0", "/s") and "peak 2.0\u202f/s at 14:30" in found.note
