from datetime import date
from decimal import Decimal

import pytest

from telemetry.cost import book
from telemetry.cost.models import Price
from tools.llm.adapters.base import Usage
from tools.llm.pricing import priced, usd


@pytest.fixture
def price(db):
    row = Price.objects.create(
        provider="x_ai",
        model="grok-test",
        effective_from=date(2026, 1, 1),
        input_usd=Decimal(2),
        output_usd=Decimal(10),
        cache_read_usd=Decimal(1),
    )
    book.forget()
    yield row
    book.forget()


@pytest.mark.parametrize(
    ("usage", "costs"),
    [
        (Usage(1_000_000, 0), "2"),
        (Usage(0, 100_000), "1"),
        (Usage(1_000_000, 0, cache_read_tokens=500_000), "1.5"),
    ],
)
def test_tokens_cost_what_the_table_says(price, usage, costs):
    assert usd("xai", "grok-test", usage) == Decimal(costs)


def test_unknown_is_not_free(price):
    assert usd("xai", "grok-none-such", Usage(1_000, 1_000)) is None


@pytest.mark.django_db(transaction=True)
async def test_it_is_asked_for_on_a_loop(settings):
    settings.MODEL_PRICE = f"{__name__}.needs_a_thread"
    assert await priced("xai", "grok-test", Usage(7, 0)) == Decimal(7)


def needs_a_thread(provider, model, *, input_tokens, **rest):
    """A price that is looked up: Django refuses that on an event loop."""
    Price.objects.exists()
    return Decimal(input_tokens)
