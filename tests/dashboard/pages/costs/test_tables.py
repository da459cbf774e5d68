"""What the tiles and tables of the page of costs say."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from dashboard.addresses import periods
from dashboard.addresses.periods import PERIODS
from dashboard.addresses.selection import Selection
from dashboard.pages.costs import tables
from dashboard.pages.costs.queries import Rest, Spent
from dashboard.wording import formats

WINDOW = PERIODS["24h"].window(timezone.now())
GPT, CLAUDE, LLAMA = ("openai", "gpt-4o"), ("anthropic", "claude-sonnet-4-5"), ("groq", "llama-3.3")


def spent(usd=0, **counts):
    return Spent(usd=Decimal(str(usd)), **counts)


def tile(label, models, succeeded=10):
    total = tables.total_of(models, Rest())
    return next(found for found in tables.tiles(WINDOW, total, succeeded) if found.label == label)


def test_the_dearest_model_has_the_first_colour():
    assert tables.colours_of({CLAUDE: spent(5), GPT: spent(2), LLAMA: spent()}) == {CLAUDE: 1, GPT: 2}


def test_a_row_tells_its_share_and_leads_to_its_model():
    row, _ = tables.model_rows(Selection(), {CLAUDE: spent(3), GPT: spent(1)})
    assert (row.share, row.name, row.colour) == (0.75, "anthropic · claude-sonnet-4-5", 1)
    assert "provider=anthropic" in row.query


def test_shares_of_nothing_are_not_known():
    assert [row.share for row in tables.model_rows(Selection(), {GPT: spent(unpriced=3)})] == [None]


def test_more_models_than_colours_share_one():
    models = {("p", str(number)): spent(100 - number) for number in range(9)}
    assert [row.colour for row in tables.model_rows(Selection(), models)] == [1, 2, 3, 4, 5, 6, 0, 0, 0]


def test_what_is_not_listed_is_a_row_and_part_of_every_share():
    *_, last = listed = tables.key_rows({"app": spent(3)}, Rest(9_960, spent(1)))
    assert [row.share for row in listed] == [0.75, 0.25]
    assert (last.name, last.query) == ("and 9,960 more", "")


def test_the_cost_of_a_successful_call_is_all_cost_over_all_that_succeeded():
    assert tile("Cost of a successful call", {GPT: spent(3), LLAMA: spent(1)}).value == "$0.40"
    assert tile("Cost of a successful call", {GPT: spent(3)}, succeeded=0).value == formats.NONE


def test_a_total_that_lacks_unpriced_calls_says_so():
    assert tile("Cost", {GPT: spent(3)}).note == "in the last 24 hours"
    assert "at least" in tile("Cost", {GPT: spent(3, unpriced=1)}).note
    assert tile("Unpriced calls", {GPT: spent(unpriced=2)}).tone == "warn"


def test_a_model_without_a_price_leads_to_the_form_filled_in():
    (row,) = tables.unpriced({GPT: spent(1), ("", "own-*model"): spent(unpriced=4, input_tokens=5)})
    assert (row.name, row.spans) == ("own-*model", 4)
    assert row.href == "/admin/cost/price/add/?provider=&model=own-%2Amodel&effective_from=2000-01-01"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, formats.NONE),
        ("0", "$0"),
        ("0.000000038", "$0.000000038"),
        ("0.00042", "$0.00042"),
        ("0.0123", "$0.012"),
        ("0.4", "$0.40"),
        ("4.2", "$4.20"),
        ("1240.4", "$1,240"),
    ],
)
def test_dollars_are_shown_with_the_digits_that_say_something(value, text):
    assert formats.usd(None if value is None else Decimal(value)) == text


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, ("0", "tokens")),
        (1, ("1", "token")),
        (9_999, ("9,999", "tokens")),
        (42_100, ("42.1", "k tokens")),
        (1_310_000, ("1.3", "M tokens")),
        (2_000_000_000, ("2.0", "bn tokens")),
    ],
)
def test_tokens_have_a_unit(count, shown):
    assert formats.tokens(count) == shown


def test_a_month_is_reckoned_from_what_was_observed():
    """$0.05 in the first half hour is $72 a month, not the $1.50 of a day that nobody saw."""
    now = WINDOW.now
    day = periods.find("24h")
    spent_ = Spent(usd=Decimal("0.05"))
    month = {
        first: next(tile for tile in tables.tiles(day.window(now, first), spent_, 1) if "month" in tile.label)
        for first in (now - timedelta(minutes=30), now - timedelta(days=9), now - timedelta(minutes=2))
    }
    new, old, too_new = month.values()
    assert (new.value, new.note) == ("$72.00", "30 days like 30\u202fmin (since the first record)")
    assert old.value.startswith("$1.5") and old.note == "30 days like the last 24 hours"
    assert (too_new.value, too_new.note) == ("–", "needs 10 min of records")


def test_what_is_dated_back_is_no_part_of_a_month():
    """$9 of spans that were dated back by a day, stored in half an hour in which $0.05 were spent."""
    window = periods.find("7d").window(WINDOW.now, WINDOW.now - timedelta(minutes=30), dated_back=True)
    found = tables.tiles(window, Spent(usd=Decimal("9.05")), 1, Spent(usd=Decimal(9)))
    month = next(each for each in found if "month" in each.label)
    assert (month.value, month.note) == ("$72.00", "30 days like 30\u202fmin (since the first record)")
    assert (found[0].value, found[0].note) == (
        "$9.05",
        "in 30\u202fmin (since the first record) · $9.00 dated back",
    )
