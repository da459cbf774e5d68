from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.catalog.pricing.amounts import Terms, Tier, add_up, line_amounts, split_by_tier, to_minor_unit

TIERS = [Tier(1, Decimal("59")), Tier(11, Decimal("54")), Tier(51, Decimal("48"))]
MODES = st.sampled_from(["graduated", "all_units"])
QUANTITIES = st.integers(1, 1_000_000)
PERCENTS = st.decimals(0, 100, places=2)


@st.composite
def falling_tiers(draw):
    starts = sorted({1, *draw(st.lists(st.integers(2, 5_000), max_size=5))})
    prices = draw(st.lists(st.decimals(0, 9_999_999, places=4), min_size=len(starts), max_size=len(starts)))
    return [Tier(start, price) for start, price in zip(starts, sorted(prices, reverse=True), strict=True)]


@st.composite
def terms(draw):
    return Terms(
        minor_units=draw(st.sampled_from([0, 2, 3])),
        periods=draw(st.integers(1, 60)),
        term_percent=draw(PERCENTS),
        discount_percent=draw(PERCENTS),
        tax_percent=draw(st.decimals(0, 100, places=3)),
    )


def cost(tiers, quantity, mode):
    return sum(share.amount for share in split_by_tier(tiers, quantity, mode))


def test_graduated_prices_each_unit_by_its_tier():
    assert cost(TIERS, 60, "graduated") == 10 * 59 + 40 * 54 + 10 * 48


def test_all_units_prices_every_unit_by_the_tier_reached():
    assert cost(TIERS, 60, "all_units") == 60 * 48


def test_all_units_never_charges_more_than_the_next_tier_would_cost():
    [share] = split_by_tier(TIERS, 50, "all_units")
    assert (share.quantity, share.amount) == (51, Decimal(51 * 48))


@pytest.mark.parametrize(
    ("amount", "minor_units", "rounded"),
    [("2.345", 2, "2.35"), ("2.344", 2, "2.34"), ("1234.5", 0, "1235"), ("1.0005", 3, "1.001")],
)
def test_halves_round_up_at_the_minor_unit(amount, minor_units, rounded):
    assert str(to_minor_unit(Decimal(amount), minor_units)) == rounded


def test_term_discount_comes_off_before_the_other_discount():
    shares = split_by_tier(TIERS, 1, "graduated")
    amounts = line_amounts(shares, Terms(2, 12, Decimal(10), Decimal(20), Decimal(19)))
    # 59 × 0.9 × 0.8 = 42.48 a month
    assert (amounts.list, amounts.net, amounts.tax) == (Decimal("708.00"), Decimal("509.76"), Decimal("96.85"))


@given(falling_tiers(), QUANTITIES, QUANTITIES, MODES)
def test_more_units_never_cost_less_in_all_nor_more_a_piece(tiers, one, other, mode):
    fewer, more = sorted([one, other])
    assert cost(tiers, fewer, mode) <= cost(tiers, more, mode)
    assert cost(tiers, fewer, mode) * more >= cost(tiers, more, mode) * fewer


@given(falling_tiers(), QUANTITIES, MODES, terms())
def test_amounts_are_never_negative_and_a_discount_never_raises_a_price(tiers, quantity, mode, terms):
    amounts = line_amounts(split_by_tier(tiers, quantity, mode), terms)
    assert 0 <= amounts.net <= amounts.list
    assert amounts.discount >= 0
    assert amounts.net <= amounts.total


@given(falling_tiers(), QUANTITIES, MODES, terms())
def test_a_line_has_no_digit_beyond_the_minor_unit(tiers, quantity, mode, terms):
    amounts = line_amounts(split_by_tier(tiers, quantity, mode), terms)
    exponents = {
        amounts.list.as_tuple().exponent,
        amounts.net.as_tuple().exponent,
        amounts.tax.as_tuple().exponent,
    }
    assert exponents == {-terms.minor_units}


@given(st.lists(st.tuples(falling_tiers(), QUANTITIES, MODES), min_size=1, max_size=6), terms(), st.randoms())
def test_total_is_the_sum_of_the_lines_in_any_order(lines, terms, random):
    amounts = [line_amounts(split_by_tier(*line), terms) for line in lines]
    totals = add_up(amounts, terms.minor_units)
    assert totals.total == sum(line.total for line in amounts)
    assert totals.total == totals.net + totals.tax == totals.list - totals.discount + totals.tax
    random.shuffle(amounts)
    assert add_up(amounts, terms.minor_units) == totals
