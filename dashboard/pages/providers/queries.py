"""The reads behind the page of providers: of rollups, by the provider and model of each deployment."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, Sum

from dashboard.addresses.periods import Window
from telemetry.counts.outcome_counts import Tally
from telemetry.models import Rollup
from telemetry.models.rollups import RollupQuerySet
from telemetry.semconv import CHATS
from tools.llm.providers.models import Deployment

# Of tools and prompt versions so many rows are listed, those with most calls.
MOST_ROWS = 60
Model = tuple[str, str]  # provider and model


@dataclass(frozen=True, slots=True)
class Cost:
    """What requests to a model cost. ``unpriced``: those with tokens and no price."""

    usd: Decimal = Decimal(0)
    unpriced: int = 0


def by_model(window: Window, models: Collection[Model], calls: str) -> Mapping[Model, Tally]:
    """The tool calls that each of *models* asked for. One query; none without models."""
    if not models:
        return {}
    return {(model[0], model[1]): tally for model, tally in _asked(window, models, calls, "provider", "model")}


def by_tool_and_prompt(
    window: Window, models: Collection[Model], calls: str
) -> Mapping[tuple[str, str, str, str], Tally]:
    """The same by provider, model, tool and version of the prompt, MOST_ROWS of them. One query."""
    if not models:
        return {}
    words = ("provider", "model", "tool", "prompt_version")
    return {(key[0], key[1], key[2], key[3]): tally for key, tally in _asked(window, models, calls, *words)}


def costs(window: Window, models: Collection[Model]) -> Mapping[Model, Cost]:
    """What the requests to each of *models* cost, whoever made them. One query; none without models."""
    if not models:
        return {}
    rows = _rollups(window, models).filter(series__operation__in=sorted(CHATS)).order_by()
    sums = rows.values_list("series__provider", "series__model").annotate(Sum("cost_usd"), Sum("unpriced"))
    return {(provider, model): Cost(usd or Decimal(0), unpriced) for provider, model, usd, unpriced in sums}


def keys_in_admin() -> Mapping[str, int]:
    """The key of each deployment's page in the admin, by its name. One query."""
    return dict(Deployment.objects.order_by().values_list("name", "pk"))


def _asked(
    window: Window, models: Collection[Model], calls: str, *words: str
) -> Collection[tuple[tuple[Any, ...], Tally]]:
    rows = _rollups(window, models).where(calls)
    return rows.tallies(*words, durations=False, most=MOST_ROWS).items()


def _rollups(window: Window, models: Collection[Model]) -> RollupQuerySet:
    pairs = (Q(series__provider=provider, series__model=model) for provider, model in sorted(models))
    return Rollup.objects.spanning(window.start, window.end).filter(reduce(or_, pairs))
