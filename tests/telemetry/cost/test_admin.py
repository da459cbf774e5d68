"""Editing the price table."""

from datetime import date
from decimal import Decimal

import pytest

from telemetry.cost.admin import usd
from telemetry.cost.models import BEGINNING, Price, Source

pytestmark = pytest.mark.django_db
ADD = "/admin/cost/price/add/"


def form(**changes):
    values = {"provider": "azure", "model": "Our-Deployment", "effective_from": "2026-05-04"}
    usd = {"input_usd": "2.5", "output_usd": "10", "cache_read_usd": "", "cache_creation_usd": ""}
    return values | {"above_input_tokens": "0"} | usd | changes


def test_a_price_is_entered_in_the_words_of_spans(admin_client):
    assert admin_client.post(ADD, form()).status_code == 302
    price = Price.objects.get()
    assert (price.provider, price.model, price.source) == ("azure.ai.openai", "our-deployment", Source.ENTERED)


def test_an_edited_price_is_a_persons_and_keeps_what_it_was(admin_client):
    values = {"provider": "openai", "model": "gpt-x", "source": Source.LITELLM}
    price = Price.objects.create(**values, input_usd=2, output_usd=4)
    admin_client.post(f"/admin/cost/price/{price.pk}/change/", form(provider="openai", model="gpt-x"))
    price.refresh_from_db()
    assert (price.source, price.input_usd) == (Source.ENTERED, Decimal("2.5"))
    assert [edit.input_usd for edit in price.history.order_by("history_id")] == [2, Decimal("2.5")]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model": "llama-*-8b"}, "A star may stand only at the end"),
        ({"provider": "", "model": "*"}, "would price the unknown"),
        ({"input_usd": "-1"}, "greater than or equal to 0"),
        ({"input_usd": ""}, "required"),
    ],
)
def test_a_price_that_cannot_be_meant_is_refused_with_a_reason(admin_client, changes, said):
    answer = admin_client.post(ADD, form(**changes))
    assert said in answer.content.decode()
    assert not Price.objects.exists()


def test_a_second_price_from_the_same_day_is_refused(admin_client):
    admin_client.post(ADD, form())
    assert "edit that one" in admin_client.post(ADD, form()).content.decode()


def test_the_list_says_how_each_price_is_meant(admin_client):
    Price.objects.create(model="own-*", input_usd=0, output_usd=0, effective_from=BEGINNING)
    long = {"above_input_tokens": 200_000, "effective_from": date(2026, 5, 4)}
    Price.objects.create(provider="openai", model="gpt-x", input_usd=2, output_usd=Decimal("0.0375"), **long)
    page = admin_client.get("/admin/cost/price/").content.decode()
    for said in (
        "any",
        "the beginning",
        "2026-05-04",
        "above 200,000 input tokens",
        "$2.00",
        "$0.0375",
        "as input",
    ):
        assert said in page


def test_only_those_who_may_edit_prices_see_them(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("bo", is_staff=True))
    assert client.get("/admin/cost/price/").status_code == 403


@pytest.mark.parametrize(
    ("figure", "text"),
    [("2.5", "$2.50"), ("0.0375", "$0.0375"), ("0", "$0.00"), ("15.000000", "$15.00"), ("600", "$600.00")],
)
def test_dollars_have_the_decimals_they_need(figure, text):
    assert usd(Decimal(figure)) == text
