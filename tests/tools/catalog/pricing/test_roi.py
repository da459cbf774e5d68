from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tools.catalog.pricing.roi import returns

MONEY = st.decimals(0, 10_000_000, places=2)


def make_returns(upfront, monthly_cost, monthly_benefit, yearly_rate=0):
    return returns(
        upfront=Decimal(upfront),
        monthly_cost=Decimal(monthly_cost),
        monthly_benefit=Decimal(monthly_benefit),
        yearly_rate=Decimal(yearly_rate),
        minor_units=2,
    )


def test_published_example_pays_back_in_twenty_months():
    # Forrester's third scenario: 250,000 at the start, 150,000 a year to run, 300,000 a year earned.
    found = make_returns(250_000, 12_500, 25_000)
    assert (found.payback_months, found.three_year_value) == (Decimal("20.0"), Decimal("200000.00"))


def test_present_value_discounts_each_year_at_its_end():
    # 12,000 a year at 10 %: 10,909.09 + 9,917.36 + 9,015.78
    assert make_returns(0, 0, 1000, 10).three_year_present_value == Decimal("29842.22")


def test_roi_is_net_benefit_by_cost():
    assert make_returns(1000, 100, 300).roi_percent == Decimal("134.8")  # (10,800 − 4,600) / 4,600


def test_what_never_covers_its_running_cost_never_pays_back():
    assert make_returns(10, 100, 100).payback_months is None


def test_a_free_product_has_no_roi():
    assert make_returns(0, 0, 100).roi_percent is None


@given(MONEY, MONEY, MONEY)
def test_value_is_benefit_less_cost_and_payback_really_pays(upfront, monthly_cost, monthly_benefit):
    found = make_returns(upfront, monthly_cost, monthly_benefit)
    assert found.three_year_value == found.three_year_benefit - found.three_year_cost
    if found.payback_months is not None:
        assert found.payback_months * (monthly_benefit - monthly_cost) >= upfront
