"""What a span says about tokens and cost, and the cost that it is stored with. Pure.

A span has a cost if it stands for a model call: by the price table, or, where that has no price, as the span
itself states it. Spans that only add up the calls below them (an agent's, a workflow's) have none, and their sums
stay among their attributes: else every token would be counted twice.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from telemetry import semconv as sc
from telemetry.cost.pricing import SMALLEST_USD, Book, Usage
from telemetry.rows import INTEGER_MAX, SpanRow

# How instrumentations name the tokens that a prompt cache gave or took; they are part of the input.
CACHE_READ = (
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_read_input_tokens",
    "gen_ai.usage.details.cache_read_tokens",
    "gen_ai.usage.input_tokens.cached",
    "llm.token_count.prompt_details.cache_read",
    "ai.usage.cachedInputTokens",
)
CACHE_CREATION = (
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
    "gen_ai.usage.details.cache_write_tokens",
    "llm.token_count.prompt_details.cache_write",
)
# US dollars of the whole call, as OpenLIT, OpenRouter, OpenInference, OpenLLMetry and Pydantic AI state them.
STATED = (
    "gen_ai.usage.cost",
    "gen_ai.usage.total_cost",
    "llm.usage.total_cost",
    "llm.cost.total",
    "operation.cost",
)
STATED_MOST_USD = 1e8
SUMS_OF_CALLS = (*sc.AGENT_OPERATIONS, "invoke_workflow")
# Vercel's AI SDK makes a span for what the application called and one for each call of a model below it.
VERCEL_OPERATION, VERCEL_CALL = "ai.operationId", ".do"
_TOLD = frozenset((*STATED, VERCEL_OPERATION))


def priced(row: SpanRow, book: Book) -> SpanRow:
    """*row* with its cost; as it is where it has one already, or tells of no tokens and no cost."""
    if row.cost_usd is not None:
        return row
    has_tokens = row.input_tokens is not None or row.output_tokens is not None
    if not has_tokens and _TOLD.isdisjoint(row.attributes):
        return row
    attributes = {**_shared(row.attribute_set), **row.attributes} if row.attribute_set else row.attributes
    if adds_up(row.series.operation, attributes):
        return _without_tokens(row) if has_tokens else row
    tokens = (row.input_tokens, row.output_tokens)
    cost = cost_usd(book, (row.series.provider, row.series.model), row.start_time, tokens, attributes)
    return row if cost is None else replace(row, cost_usd=cost)


def cost_usd(
    book: Book,
    named: tuple[str, str],
    at: datetime,
    tokens: tuple[int | None, int | None],
    attributes: Mapping[str, Any],
) -> Decimal | None:
    """US dollars of a call of the model *named* (provider, model), *tokens* (input, output); None: unpriced."""
    cost = None
    if tokens != (None, None):
        cached = (_count(attributes, CACHE_READ), _count(attributes, CACHE_CREATION))
        cost = book.cost(*named, at, Usage.told(*tokens, *cached))
    return _stated(attributes) if cost is None else cost


def adds_up(operation: str, attributes: Mapping[str, Any]) -> bool:
    """Whether tokens and cost of such a span are the sum of other spans'."""
    vercel = str(attributes.get(VERCEL_OPERATION, ""))
    return operation in SUMS_OF_CALLS or (vercel.startswith("ai.") and VERCEL_CALL not in vercel)


def _without_tokens(row: SpanRow) -> SpanRow:
    told = {sc.INPUT_TOKENS: row.input_tokens, sc.OUTPUT_TOKENS: row.output_tokens}
    kept = {name: count for name, count in told.items() if count is not None}
    return replace(row, input_tokens=None, output_tokens=None, attributes={**row.attributes, **kept})


def _count(attributes: Mapping[str, Any], names: Iterable[str]) -> int:
    for name in names:
        value = attributes.get(name)
        if isinstance(value, int) and 0 <= value <= INTEGER_MAX:
            return value
    return 0


def _stated(attributes: Mapping[str, Any]) -> Decimal | None:
    for name in STATED:
        if (told := attributes.get(name)) is None:
            continue
        try:
            usd = float(told)
        except (TypeError, ValueError):
            continue
        if math.isfinite(usd) and 0 <= usd <= STATED_MOST_USD:
            return Decimal(usd).quantize(SMALLEST_USD)
    return None


@lru_cache(maxsize=1_024)
def _shared(attribute_set: str) -> dict[str, Any]:
    shared: dict[str, Any] = json.loads(attribute_set)
    return shared
