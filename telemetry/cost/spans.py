"""What a span says about tokens and cost, and the cost that it is stored with. Pure.

A span has a cost if it stands for a model call: as the gateway states it that takes the money, or by the price
table, or, where that has no price, as the span's instrumentation reckons it. Spans that only add up the calls
below them (an agent's, a workflow's) have none, and their sums stay among their attributes: else every token would
be counted twice.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeGuard

from telemetry import semconv as sc
from telemetry.cost.pricing import SMALLEST_USD, Book, Usage
from telemetry.spans.dialects import ALIASES, INVOKE_WORKFLOW, TOKEN_DETAILS, VERCEL_OPERATION
from telemetry.spans.rows import INTEGER_MAX, SpanRow

# Tokens that a prompt cache gave or took; they are part of the input.
CACHE_READ = (sc.CACHE_READ_TOKENS, *ALIASES[sc.CACHE_READ_TOKENS])
CACHE_CREATION = (sc.CACHE_WRITE_TOKENS, *ALIASES[sc.CACHE_WRITE_TOKENS])
STATED = (sc.COST_USD, *ALIASES[sc.COST_USD])
RESPONSE_MODEL = (sc.RESPONSE_MODEL, *ALIASES[sc.RESPONSE_MODEL])
# More is no call's cost: the sums of an hour have to hold whatever senders claim.
MOST_USD = 10_000
# A gateway's own cache gave the answer: that it cost nothing is true.
GATEWAY_CACHE_HIT = "litellm.cache_hit"
SUMS_OF_CALLS = frozenset(
    {
        *(*sc.AGENT_OPERATIONS, INVOKE_WORKFLOW, "workflow"),
        *("agent_step", "model_generation", "execute_event_loop_cycle"),  # AI SDK and Mastra; Strands
    }
)
VERCEL_CALL = ".do"
_DETAILED = (name for places in TOKEN_DETAILS.values() for name, _, _ in places)
_CACHES = frozenset((*CACHE_READ, *CACHE_CREATION, *_DETAILED))
_TOLD = frozenset((*STATED, sc.BILLED_USD, VERCEL_OPERATION))


def priced(row: SpanRow, book: Book) -> SpanRow:
    """*row* with its cost; as it is where it has one already, or tells of no tokens and no cost."""
    if row.cost_usd is not None:
        return row
    has_tokens = row.input_tokens is not None or row.output_tokens is not None
    if not has_tokens and _TOLD.isdisjoint(row.attributes):
        return row
    attributes = {**_shared(row.attribute_set), **row.attributes} if row.attribute_set else row.attributes
    if adds_up(row.series.operation, attributes):
        return without_tokens(row) if has_tokens else row
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
    """US dollars of a call of *tokens* (input, output) to *named* (provider, model); None: unpriced.

    The model that answered has the price, or else the one that was asked for: a deployment may be called anything.
    """
    has_tokens = tokens != (None, None)
    may_be_0 = not has_tokens or attributes.get(GATEWAY_CACHE_HIT) is True
    cost = _stated(attributes, (sc.BILLED_USD,), may_be_0=may_be_0)
    if cost is None and has_tokens:
        usage = Usage.told(*tokens, *cached_tokens(attributes))
        for model in _models(named[1], attributes):
            if (cost := book.cost(named[0], model, at, usage)) is not None:
                cost = cost if cost <= MOST_USD else None
                break
    return _stated(attributes, STATED, may_be_0=may_be_0) if cost is None else cost


def adds_up(operation: str, attributes: Mapping[str, Any]) -> bool:
    """Whether tokens and cost of such a span are the sum of other spans'."""
    vercel = str(attributes.get(VERCEL_OPERATION, ""))
    return (
        operation in SUMS_OF_CALLS
        or (vercel.startswith("ai.") and VERCEL_CALL not in vercel)
        or attributes.get(sc.USAGE_IS_A_SUM) is True
    )


def without_tokens(row: SpanRow) -> SpanRow:
    """*row* with its tokens among its attributes, where nobody adds them up."""
    told = {sc.INPUT_TOKENS: row.input_tokens, sc.OUTPUT_TOKENS: row.output_tokens}
    kept = {name: count for name, count in told.items() if count is not None}
    return replace(row, input_tokens=None, output_tokens=None, attributes={**row.attributes, **kept})


def _models(model: str, attributes: Mapping[str, Any]) -> Iterable[str]:
    """The names to look for a price by: of the model that answered, of the one asked for, and the word for it."""
    answered = (attributes.get(name) for name in RESPONSE_MODEL)
    found = (*answered, attributes.get(sc.REQUEST_MODEL), model)
    return dict.fromkeys(name for name in found if isinstance(name, str) and name)


def cached_tokens(attributes: Mapping[str, Any]) -> tuple[int, int]:
    """Of the input, how many tokens were read from a prompt cache and written to it."""
    if _CACHES.isdisjoint(attributes):
        return 0, 0
    return _cached(attributes, CACHE_READ), _cached(attributes, CACHE_CREATION)


def _cached(attributes: Mapping[str, Any], names: tuple[str, ...]) -> int:
    for name in names:
        if _is_count(value := attributes.get(name)):
            return value
    for name, group, key in TOKEN_DETAILS[names[0]]:
        if name in attributes:
            whole = _structure(attributes[name])
            found = whole.get(group) if group else whole
            if isinstance(found, Mapping) and _is_count(value := found.get(key)):
                return value
    return 0


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and 0 <= value <= INTEGER_MAX


def _structure(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, Mapping) else {}


def _stated(attributes: Mapping[str, Any], names: Iterable[str], *, may_be_0: bool) -> Decimal | None:
    """The first cost that is stated under *names*; a 0 beside tokens says that the price was not known."""
    for name in names:
        if (told := attributes.get(name)) is None:
            continue
        try:
            usd = float(told)
        except (TypeError, ValueError):
            continue
        if math.isfinite(usd) and 0 <= usd <= MOST_USD and (usd or may_be_0):
            return Decimal(usd).quantize(SMALLEST_USD)
    return None


@lru_cache(maxsize=1_024)
def _shared(attribute_set: str) -> dict[str, Any]:
    shared: dict[str, Any] = json.loads(attribute_set)
    return shared
