"""The price list that a new installation starts with."""

import sys
from datetime import date
from decimal import Decimal

import pytest

from telemetry.cost.models import BEGINNING, Price, Source
from telemetry.cost.pricing import Book, Usage
from telemetry.cost.seed import seed
from telemetry.cost.shipped import litellm_prices, read_litellm, shipped_prices
from tests.telemetry.builders import NOON

TODAY = date(2026, 5, 4)


def entry(**changes):
    values = {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": Decimal("0.000002")}
    return {"gpt-x": {**values, "output_cost_per_token": Decimal("0.000008"), **changes}}


@pytest.fixture
def list_of(monkeypatch):
    """Have the shipped list hold one model at this price."""

    def ship(usd):
        def shipped():
            values = {"provider": "openai", "model": "gpt-x", "source": Source.LITELLM}
            row = Price(**values, input_usd=Decimal(usd), output_usd=Decimal(usd), effective_from=BEGINNING)
            return {("openai", "gpt-x", 0): row}

        monkeypatch.setattr("telemetry.cost.seed.shipped_prices", shipped)

    return ship


def test_dollars_a_token_become_exact_dollars_a_million():
    (row,) = litellm_prices(entry(cache_read_input_token_cost=Decimal("8.900000000000001E-8")))
    assert (row.input_usd, row.output_usd, row.cache_read_usd) == (2, 8, Decimal("0.089"))


def test_the_price_of_long_contexts_is_a_row_of_its_own():
    above = {"input_cost_per_token_above_200k_tokens": Decimal("0.000004")}
    assert [(row.above_input_tokens, row.input_usd) for row in litellm_prices(entry(**above))] == [
        (0, 2),
        (200_000, 4),
    ]


@pytest.mark.parametrize(
    "changes",
    [{"input_cost_per_token": 0, "output_cost_per_token": 0}, {"mode": "realtime"}, {"litellm_provider": None}],
)
def test_an_entry_that_tells_no_price_of_text_is_no_row(changes):
    assert list(litellm_prices(entry(**changes))) == []


def test_litellms_file_is_read_without_importing_litellm(monkeypatch):
    monkeypatch.delitem(sys.modules, "litellm", raising=False)
    assert len(read_litellm()) > 2_000
    assert "litellm" not in sys.modules


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-4o"),
        ("anthropic", "claude-sonnet-4-5"),
        ("anthropic", "claude-3-5-sonnet-20241022"),
        ("gcp.gemini", "gemini-2.5-flash"),
        ("groq", "llama-3.3-70b-versatile"),
        ("azure.ai.openai", "gpt-4o-mini"),
        ("aws.bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("gcp.vertex_ai", "gemini-2.5-pro"),
        ("mistral_ai", "mistral-large-latest"),
        ("openai", "text-embedding-3-small"),
        ("openrouter", "anthropic/claude-sonnet-4.5"),
    ],
)
def test_models_in_use_have_a_price(provider, model):
    book = Book(row.rates() for row in shipped_prices().values())
    assert book.cost(provider, model, NOON, Usage(1_000, 1_000)) > 0


@pytest.mark.django_db
def test_seeding_again_changes_nothing():
    assert seed(TODAY) == Price.objects.count() > 2_000
    assert seed(TODAY) == 0


@pytest.mark.django_db
def test_a_new_models_price_holds_from_the_beginning_and_a_changed_one_from_today(list_of):
    list_of("2")
    seed(date(2026, 1, 1))
    list_of("1")
    assert (seed(TODAY), seed(TODAY)) == (1, 0)
    assert list(Price.objects.order_by("effective_from").values_list("effective_from", "input_usd")) == [
        (BEGINNING, 2),
        (TODAY, 1),
    ]


@pytest.mark.django_db
def test_what_a_person_entered_stays_whatever_the_list_says(list_of):
    values = {"provider": "openai", "model": "gpt-x", "effective_from": date(2026, 1, 1)}
    Price.objects.create(**values, input_usd=9, output_usd=9)
    list_of("2")
    assert seed(TODAY) == 0


@pytest.mark.django_db
def test_what_a_person_deleted_does_not_come_back(list_of):
    list_of("2")
    seed(TODAY)
    Price.objects.get().delete()
    assert seed(TODAY) == 0
