from datetime import date
from decimal import Decimal

import pytest

from tools.catalog.pricing.models import PriceTier, Product
from tools.catalog.pricing.price_book import tax_rate
from tools.catalog.pricing.price_calculator import price_calculator
from tools.catalog.pricing.seed import seed
from tools.definition.schema import jsonable
from tools.errors import InvalidArguments, ReturnedFailure

pytestmark = pytest.mark.usefixtures("prices")
DAY = "2026-06-01"


def quote(items, **options):
    """Call the tool as a model would: JSON in, JSON out."""
    rows = [{"sku": sku, "quantity": quantity} for sku, quantity in items.items()]
    arguments = price_calculator.schema.validate({"items": rows, "quote_date": DAY, **options})
    return jsonable(price_calculator(**arguments))


def failure(items, **options):
    with pytest.raises(ReturnedFailure) as raised:
        quote(items, **options)
    return raised.value


def test_graduated_quote_with_tax_is_exact():
    found = quote({"PRO": 60}, tax_region="DE")
    # (10 × 59 + 40 × 54 + 10 × 48) × 12
    assert found["totals"] == {
        "list": "38760.00",
        "discount": "0.00",
        "net": "38760.00",
        "tax": "7364.40",
        "total": "46124.40",
    }
    assert [share["quantity"] for share in found["lines"][0]["tiers"]] == [10, 40, 10]


def test_quote_makes_five_queries(django_assert_num_queries):
    with django_assert_num_queries(5):  # books, tiers, discount levels, tax rates, term discount
        quote({"PRO": 60, "ADDON-API": 3}, discount_percent=15, tax_region="DE")


def test_quote_without_discount_and_tax_makes_three_queries(django_assert_num_queries):
    with django_assert_num_queries(3):
        quote({"PRO": 60, "ADDON-API": 3, "ONBOARDING": 1})


def test_yen_have_no_decimals():
    found = quote({"PRO": 7}, currency="JPY", tax_region="JP", discount_percent="3.33")
    assert all("." not in amount for amount in found["totals"].values())
    assert found["lines"][0]["net_per_period"] == "65876"  # 7 × 9,735 × 0.9667 = 65,875.77


@pytest.mark.parametrize(
    ("percent", "approver"),
    [("0", None), ("10", None), ("10.01", "sales manager"), ("20", "sales manager"), ("30", "sales director")],
)
def test_discount_names_who_has_to_approve(percent, approver):
    assert quote({"PRO": 20}, discount_percent=percent)["approval_required_by"] == approver


def test_discount_beyond_the_last_level_is_refused():
    error = failure({"PRO": 20}, discount_percent="30.01")
    assert error.code == "discount_too_high"
    assert "30.01 %" in str(error)
    assert "30 %" in error.hint


def test_longer_contract_lowers_monthly_prices_but_not_single_charges():
    found = quote({"PRO": 1, "ONBOARDING": 1}, contract_months=36)
    monthly, once = found["lines"]
    assert (monthly["net_per_period"], monthly["amounts"]["net"]) == ("53.10", "1911.60")
    assert (once["periods"], once["amounts"]["net"]) == (1, "2400.00")


def test_tax_is_that_of_the_day():
    percents = {day: tax_rate("FI", date.fromisoformat(day)).percent for day in ("2024-08-31", "2024-09-01")}
    assert percents == {"2024-08-31": Decimal(24), "2024-09-01": Decimal("25.5")}


def test_prices_are_those_of_the_day():
    assert quote({"PRO": 1}, quote_date="2025-12-31")["lines"][0]["net_per_period"] == "56.64"
    assert quote({"PRO": 1}, quote_date="2026-01-01")["lines"][0]["net_per_period"] == "59.00"


def test_codes_may_be_typed_in_small_letters():
    found = quote({"pro": 1}, currency="usd", tax_region=" us-ny ")
    assert (found["currency"], found["tax_percent"], found["lines"][0]["sku"]) == ("USD", "4.000", "PRO")


def test_state_without_a_rate_of_its_own_uses_the_country():
    assert quote({"PRO": 1}, tax_region="CA-AB")["tax"] == "GST Canada"
    assert quote({"PRO": 1}, tax_region="CA-ON")["tax"] == "HST Ontario"


def test_segment_book_is_used_where_it_has_the_product():
    found = quote({"PRO": 1, "ADDON-DIALER": 1}, customer_segment="education")
    assert [line["price_book"] for line in found["lines"]] == ["Education 2026 EUR", "List 2026 EUR"]


def test_same_sku_twice_is_one_line_whatever_the_order():
    rows = [{"sku": "PRO", "quantity": 8}, {"sku": "ADDON-API"}, {"sku": "pro", "quantity": 12}]
    one = jsonable(price_calculator(**price_calculator.schema.validate({"items": rows})))
    other = jsonable(price_calculator(**price_calculator.schema.validate({"items": rows[::-1]})))
    assert one["totals"] == other["totals"]
    assert {line["sku"]: line["quantity"] for line in one["lines"]} == {"PRO": 20, "ADDON-API": 1}


def test_roi_counts_net_prices_without_tax():
    gain = {"monthly_revenue_gain": 5000, "gross_margin_percent": 60, "internal_one_off_cost": "600"}
    found = quote({"PRO": 10, "ONBOARDING": 1}, roi=gain, tax_region="DE")["roi"]
    assert found["payback_months"] == "1.3"  # 3,000 / (3,000 − 590) = 1.245, rounded up
    assert found["three_year_value"] == "83760.00"  # 36 × 3,000 − 3,000 − 36 × 590


def test_notes_say_what_the_customer_should_hear():
    notes = " ".join(quote({"STARTER": 9, "ADDON-DIALER": 1}, discount_percent=15)["notes"])
    assert "STARTER: 10 units cost less than 9" not in notes  # 9 × 27 = 243 is less than 10 × 25
    assert "ADDON-DIALER needs PRO or ENTERPRISE" in notes
    assert "sales manager has approved" in notes
    assert "without tax" in notes


def test_cheaper_higher_tier_is_offered():
    found = quote({"ADDON-ANALYTICS": 25, "PRO": 25})
    assert found["lines"][0]["net_per_period"] == "442.00"  # 26 × 17, not 25 × 19
    assert "26 units cost less than 25" in found["notes"][0]


@pytest.mark.parametrize(
    ("items", "options", "code", "hint"),
    [
        ({"PROO": 1}, {}, "unknown_product", "PRO"),
        ({"PRO": 1}, {"currency": "CHF"}, "unknown_currency", "EUR, GBP, JPY, USD"),
        ({"PRO": 1}, {"tax_region": "ZZ"}, "unknown_tax_region", "leave tax_region out"),
        ({"ENTERPRISE": 24}, {}, "quantity_too_small", "smaller product"),
        ({"PRO": 1}, {"quote_date": "2019-01-01"}, "unknown_currency", "another quote_date"),
    ],
)
def test_what_cannot_be_quoted_says_what_to_do(items, options, code, hint):
    error = failure(items, **options)
    assert error.code == code
    assert hint in error.hint


def test_product_without_a_price_in_the_currency_says_so():
    PriceTier.objects.filter(product="PRO", book__currency="JPY").delete()
    assert failure({"PRO": 1}, currency="JPY").code == "no_price"


def test_inactive_product_is_not_sold():
    Product.objects.filter(sku="PRO").update(active=False)
    assert failure({"PRO": 1}).code == "unknown_product"


@pytest.mark.parametrize(
    "arguments",
    [
        {"items": []},
        {"items": [{"sku": "PRO", "quantity": 0}]},
        {"items": [{"sku": "PRO", "amount": 3}]},
        {"items": [{"sku": "PRO"}], "discount_percent": -1},
        {"items": [{"sku": "PRO"}], "currency": "euro"},
        {"items": [{"sku": "PRO"}], "roi": {"monthly_revenue_gain": "NaN"}},
    ],
)
def test_nonsense_is_refused_before_the_tool_runs(arguments):
    with pytest.raises(InvalidArguments):
        price_calculator.schema.validate(arguments)


def test_every_parameter_is_described_to_the_model():
    properties = price_calculator.schema.parameters["properties"]
    assert [name for name, schema in properties.items() if not schema.get("description")] == []


def test_seeding_twice_changes_nothing():
    before = PriceTier.objects.count()
    seed()
    assert PriceTier.objects.count() == before
