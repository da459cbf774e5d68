"""Competitors, one in depth and all side by side."""

import json
from decimal import Decimal

import pytest

from tools.catalog.sales.competition.comparing import ASPECTS
from tools.catalog.sales.competitor_analysis import competitor_analysis
from tools.catalog.sales.models import Feature, Plan, Point, Support, Vendor
from tools.errors import InvalidArguments, ReturnedFailure


@pytest.fixture
def analyse(market):
    def call(**payload):
        return competitor_analysis(**competitor_analysis.schema.validate(payload))

    return call


def test_the_overview_compares_every_competitor_with_us(analyse):
    answer = analyse()
    assert answer["view"] == "overview"
    assert answer["us"]["name"] == "SalesBoost"
    names = [row["name"] for row in answer["competitors"]]
    assert len(names) >= 8
    assert "SalesBoost" not in names
    shares = [Decimal(row["market_share_pct"]) for row in answer["competitors"]]
    assert shares == sorted(shares, reverse=True)
    for row in answer["competitors"]:
        assert row["main_strength"] and row["main_weakness"] and row["entry_price"]
        assert sum(row["features"].values()) == Feature.objects.count()
    json.dumps(answer, allow_nan=False)


def test_market_shares_are_at_most_all_of_the_market(analyse):
    total = Decimal(analyse()["market"]["known_share_pct"])
    assert total == sum(Vendor.objects.values_list("market_share_pct", flat=True))
    assert 50 < total <= 100
    assert sum(Vendor.objects.values_list("market_share_before_pct", flat=True)) <= 100


def test_one_competitor_has_every_aspect(analyse):
    answer = analyse(competitor_name="Dealharbor")
    assert set(ASPECTS) <= set(answer)
    assert all(answer[aspect] for aspect in ASPECTS)
    assert answer["pricing"]["plans"][0]["price"] == "75.00"
    assert answer["pricing"]["plans"][2]["price"] == "on request"
    assert answer["pricing"]["our_plans"][1] == {
        "name": "Pro",
        "price": "59.00",
        "currency": "EUR",
        "billed": "monthly",
        "least_users": 1,
        "note": "EUR 54 from 11, EUR 48 from 51, EUR 42 from 201 users",
    }
    assert answer["market"]["change_points"] == "-0.70"
    assert answer["strengths"][0]["source"].endswith("2026-05-07)")
    json.dumps(answer, allow_nan=False)


def test_the_feature_matrix_says_who_leads(analyse):
    features = analyse(competitor_name="Dealharbor")["features"]
    rows = {row["feature"]: row for row in features["matrix"]}
    live = rows["Live coaching during calls"]
    assert (live["them"], live["us"], live["leads"]) == ("no", "yes", "us")
    dialer = rows["Built-in dialer"]
    assert (dialer["them"], dialer["us"], dialer["leads"]) == ("yes", "add_on", "them")
    assert rows["Single sign-on and user provisioning"]["leads"] == "neither"
    assert "Built-in dialer" in features["they_lead"]
    assert "Live coaching during calls" in features["we_lead"]


@pytest.mark.parametrize(
    "asked",
    ["Sellistra", "sellistra", "SELISTRA", "Sellistra AI", "Selistra Inc", "sellistra copilot", "Sellistre"],
)
def test_a_name_is_found_however_it_is_spelt(analyse, asked):
    answer = analyse(competitor_name=asked)
    assert (answer["competitor"], answer["asked_for"]) == ("Sellistra", asked)


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ("Globex", "not_found", "no competitor 'Globex'"),
        ("x", "not_found", "no competitor 'x'"),
        ("\x00", "not_found", "no competitor"),
        ("Quotaworks", "not_found", "Did you mean Quotaforge"),
        ("line", "ambiguous", "may be"),
        ("SalesBoost", "is_us", "our own product"),
        ("us", "is_us", "our own product"),
    ],
)
def test_a_name_that_is_no_competitor_is_explained(analyse, asked, code, said):
    with pytest.raises(ReturnedFailure, match=said) as caught:
        analyse(competitor_name=asked)
    assert caught.value.code == code


def test_an_unknown_name_lists_the_competitors(analyse):
    with pytest.raises(ReturnedFailure) as caught:
        analyse(competitor_name="Globex")
    for vendor in Vendor.objects.filter(is_us=False):
        assert vendor.name in caught.value.hint


def test_only_the_aspects_asked_for_come(analyse):
    answer = analyse(competitor_name="Veldra", aspects=["talking_points", "pricing"])
    assert set(answer) == {"view", "competitor", "asked_for", "pricing", "talking_points"}
    rows = analyse(aspects=["market", "sources"])["competitors"]
    assert set(rows[0]) == {"name", "market_share_pct", "market_share_change_points", "sources"}


@pytest.mark.parametrize("aspect", ASPECTS)
def test_every_aspect_fits_the_overview(analyse, aspect):
    assert all(len(row) >= 2 for row in analyse(aspects=[aspect])["competitors"])


def test_an_unknown_aspect_names_the_known_ones(analyse):
    with pytest.raises(InvalidArguments, match="'talking_points'"):
        analyse(aspects=["prices"])


def test_an_admins_edit_is_told(analyse):
    Plan.objects.filter(vendor__name="Pipelore", name="Solo").update(price="13.50")
    row = next(row for row in analyse()["competitors"] if row["name"] == "Pipelore")
    assert row["entry_price"] == "13.50 EUR (Solo)"


@pytest.mark.parametrize("name", ["", "   ", None])
def test_no_name_means_the_overview(analyse, name):
    assert analyse(competitor_name=name)["view"] == "overview"


def test_it_answers_where_nobody_is_marked_as_us(analyse):
    Vendor.objects.filter(is_us=True).delete()
    assert analyse()["us"] is None
    features = analyse(competitor_name="Veldra")["features"]
    assert {row["us"] for row in features["matrix"]} == {"unknown"}


@pytest.mark.django_db
def test_it_answers_before_there_are_vendors():
    assert competitor_analysis()["competitors"] == []


def test_every_point_of_a_competitor_names_its_source(analyse):
    assert not Point.objects.filter(vendor__is_us=False, source=None).exists()


def test_every_vendor_says_how_far_it_has_every_feature(analyse):
    for vendor in Vendor.objects.all():
        assert vendor.features.count() == Feature.objects.count()
        assert set(vendor.features.values_list("support", flat=True)) <= set(Support.values)


def test_queries_do_not_grow_with_the_market(analyse, django_assert_num_queries):
    with django_assert_num_queries(5):  # vendors, plans, features, points, sources
        analyse()
    with django_assert_num_queries(6):  # names, and the same for two vendors
        analyse(competitor_name="Veldra")
    Vendor.objects.exclude(name__in=["Veldra", "SalesBoost"]).delete()
    with django_assert_num_queries(5):
        analyse()
