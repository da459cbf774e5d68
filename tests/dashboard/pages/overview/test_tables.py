import pytest

from dashboard.addresses.selection import Selection
from dashboard.pages.overview import tables
from telemetry.semconv import UNKNOWN_TOOL
from tests.dashboard.builders import tally


def test_tools_that_are_registered_come_before_those_that_others_name():
    totals = {"an invented one": tally(9), "sms": tally(1)}
    found = tables.tool_rows(Selection(), totals, {}, known=["crm", "sms"])
    assert [row.name for row in found] == ["crm", "sms", "an invented one"]


def test_tools_keep_their_order_and_unknown_names_have_no_row():
    totals = {UNKNOWN_TOOL: tally(0, 3), "sms": tally(1)}
    found = tables.tool_rows(Selection(), totals, {}, known=["crm", "sms"])
    assert [row.name for row in found] == ["crm", "sms"]


def test_a_ladder_fills_its_whole_length():
    ladder = tables.ladder_of(tally(50, 30, after_retry=15, rate_limit=5))
    assert [rung.key for rung in ladder] == ["first", "retry", "failed", "refused"]
    assert ladder[-1].left + ladder[-1].share == 100
    assert ladder[0].sentence == "first try 50.0\u202f% (50)"


def test_a_ladder_of_few_calls_counts_instead_of_giving_shares():
    assert [rung.sentence for rung in tables.ladder_of(tally(3, 1))] == ["first try 3", "failed 1"]


def test_a_band_is_drawn_from_sixty_to_a_hundred():
    band = tables.band_of(tally(90, 10))
    assert (band.goal, band.dot) == (75.0, 75.0)
    assert 0 < band.left < 75 < band.left + band.width <= 100


def test_a_link_keeps_period_and_filters():
    selection = Selection.from_query({"period": "7d", "provider": "groq", "nonsense": "x"})
    row = tables.rate_row("crm", tally(1), tally(1), selection.query(tool="crm"))
    assert row.query == "period=7d&provider=groq&tool=crm"


def test_a_state_that_the_last_minutes_gave_says_their_rate():
    """ "At risk" beside 98.9 % would explain nothing."""
    row = tables.rate_row("crm", tally(989, 11), tally(26, 4), "")
    assert (row.state.word, row.because) == ("at risk", "86.7\u202f% of 30 calls in the last 5 minutes")
    assert tables.rate_row("crm", tally(989, 11), tally(30), "").because == ""


LAST = "calls in the last 5 minutes"


@pytest.mark.parametrize(
    ("whole", "recent", "word", "because"),
    [
        (tally(989, 61), tally(10, 50), "degraded", f"16.7\u202f% of 60 {LAST}"),
        (tally(700, 300), tally(60), "recovered", f"100\u202f% of 60 {LAST}"),
        (tally(400, 600), tally(27, 4), "at risk", f"87.1\u202f% of 31 {LAST}"),
        # Read from the period, whose rate stands beside the word.
        (tally(40, 60), tally(1), "degraded", ""),
        (tally(92, 8), tally(30, 3), "at risk", ""),
        (tally(989, 11), tally(60), "healthy", ""),
        (tally(3, 1), tally(3, 1), "too few calls", ""),
        (tally(), tally(), "no calls", ""),
    ],
)
def test_beside_every_word_stands_the_rate_that_it_is_read_from(whole, recent, word, because):
    row = tables.rate_row("crm", whole, recent, "")
    assert (row.state.word, row.because) == (word, because)
    if because:
        assert row.rate != recent.success_rate
    elif row.rate is not None:
        assert row.rate == whole.success_rate
