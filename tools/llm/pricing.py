"""What an answer costs, by the price list that the settings name: ``tools`` knows none itself."""

from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from channels.db import database_sync_to_async
from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from tools.llm.adapters.base import Usage


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


def usd(provider: str, model: str, usage: "Usage") -> Decimal | None:
    """What *usage* costs at ``settings.MODEL_PRICE``; None where nobody knows. On an event loop: `priced`."""
    price: ModelPrice = import_string(settings.MODEL_PRICE)
    return price(
        provider,
        model,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
    )


async def priced(provider: str, model: str, usage: "Usage") -> Decimal | None:
    """The same, on an event loop."""
    return await database_sync_to_async(usd, thread_sensitive=False)(provider, model, usage)
