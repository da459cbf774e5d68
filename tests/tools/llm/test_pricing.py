from datetime import date
from decimal import Decimal

import pytest
from asgiref.sync import sync_to_async

from telemetry.cost import book
from telemetry.cost.models import Price
from tools.llm.adapters.base import Usage
from tools.llm.pricing import renew, usd


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
async def test_on_an_event_loop_the_prices_hold_that_were_read_last():
    row = Price(provider="x_ai", model="grok-test", effective_from=date(2026, 1, 1), input_usd=Decimal(2))
    row.output_usd = Decimal(10)
    await sync_to_async(row.save)()
    book.forget()
    assert usd("xai", "grok-test", Usage(1_000_000, 0)) is None
    await sync_to_async(renew)()
    assert usd("xai", "grok-test", Usage(1_000_000, 0)) == Decimal(2)
    book.forget()
