"""Prices and model calls for tests: say only what matters."""

from datetime import date
from decimal import Decimal

from telemetry.cost.models import BEGINNING, Price
from telemetry.cost.pricing import Rates
from tests.telemetry.builders import make_row


def rates(model="gpt-4o", input_usd="2.5", output_usd="10", **changes):
    """A price of openai's, for the tests of pure functions."""
    values = {"provider": "openai", "effective_from": date(2000, 1, 1)} | changes
    for name in ("cache_read_usd", "cache_creation_usd"):
        if name in values:
            values[name] = Decimal(values[name])
    return Rates(model=model, input_usd=Decimal(input_usd), output_usd=Decimal(output_usd), **values)


def enter(usd="2.5", **changes):
    """A price in the table, the same for input and output."""
    values = {"provider": "openai", "model": "gpt-4o", "effective_from": BEGINNING} | changes
    return Price.objects.create(**values, input_usd=Decimal(usd), output_usd=Decimal(usd))


def model_call(**changes):
    """The row of a chat of a million tokens."""
    values = {"operation": "chat", "tool": "", "outcome": "", "provider": "openai", "model": "gpt-4o", "kind": 3}
    return make_row(**values | {"input_tokens": 600_000, "output_tokens": 400_000} | changes)
