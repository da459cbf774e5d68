"""What an answer costs, by the price list that the settings name: ``tools`` knows none itself."""

from collections.abc import Callable
from decimal import Decimal
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from tools.llm.adapters.base import Usage

# What a call is priced at, where its vendor does not bill it: the provider, the model that answered, its tokens.
Price = Callable[[str, str, Usage], Decimal | None]


class ModelPrice(Protocol):
    """US dollars of a model's tokens; None where nobody knows. What a cache gave is in the input."""

    def __call__(
        self,
        provider: str,
        model: str,
        *,
        input_tokens: int,
        output_tokens: int = 0,
        cache_read_tokens: int = 0,
        cache_write_tokens: int = 0,
    ) -> Decimal | None: ...


def usd(provider: str, model: str, usage: Usage) -> Decimal | None:
    """What *usage* costs at ``settings.MODEL_PRICE``; None where nobody knows.

    On an event loop by the prices that this process read last: see ``renew``.
    """
    price: ModelPrice = import_string(settings.MODEL_PRICE)
    return price(
        provider,
        model,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
    )


def renew() -> None:
    """Have this process know today's prices; asks once a second at most. Not on an event loop."""
    usd("", "", Usage(0, 0))
