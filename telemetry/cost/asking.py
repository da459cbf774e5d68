"""What a call of a model costs, for who asks before or after it, without a span."""

import asyncio
import logging
from datetime import UTC, datetime
from decimal import Decimal

from django.db import Error

from telemetry.cost import book
from telemetry.cost.names import provider_name
from telemetry.cost.pricing import Usage

logger = logging.getLogger(__name__)


def usd(
    provider: str,
    model: str,
    *,
    input_tokens: int,
    output_tokens: int = 0,
    cache_read_tokens: int = 0,
    cache_write_tokens: int = 0,
) -> Decimal | None:
    """US dollars by today's prices; None where the table has none, or could never be read.

    ``settings.MODEL_PRICE`` names it. It may query, once a second at most, but on an event loop: there the prices
    hold that were read last in this process.
    """
    try:
        prices = book.last() if on_event_loop() else book.current()
    except Error:
        logger.warning("The price table could not be read; nothing has a price until it can be.")
        return None
    usage = Usage.told(input_tokens, output_tokens, cache_read_tokens, cache_write_tokens)
    return prices.cost(provider_name(provider), model, datetime.now(UTC), usage)


def on_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
