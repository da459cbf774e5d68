"""What the tiles and tables of the page of costs hold. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from dashboard.addresses.periods import Window
from dashboard.addresses.selection import Selection
from dashboard.pages.costs.queries import Rest, Spent
from dashboard.wording import formats
from dashboard.wording.formats import caller_name
from dashboard.wording.tiles import Tile
from telemetry.cost.models import BEGINNING

# So many models have a colour of their own; the others share one.
COLOURS = 6
MONTH_S = 30 * 86_400
# What is known of less says nothing about a month.
LEAST_OBSERVED_S = 600
Model = tuple[str, str]  # provider and model
ALL_LISTED, NOTHING = Rest(), Spent()


@dataclass(frozen=True, slots=True)
class CostRow:
    """A tool, a model or a key, and what it cost. ``colour``: 1 to COLOURS, 0 for that of the others."""

    name: str
    spent: Spent
    share: float | None
    query: str = ""
    colour: int = 0

    @property
    def is_unpriced(self) -> bool:
        """Whether it has a cost that nobody knows, which is not to be shown as nothing."""
        return bool(self.spent.unpriced and not self.spent.usd)


@dataclass(frozen=True, slots=True)
class Unpriced:
    """A model without a price, and where to enter one."""

    name: str
    spans: int
    tokens: int
    href: str


def tiles(window: Window, total: Spent, succeeded: int, dated_back: Spent = NOTHING) -> list[Tile]:
    """Total, cost of a successful call, a month at this rate, tokens, unpriced calls.

    What was *dated_back* is no part of the rate: the time that it says was not observed.
    """
    each = total.usd / succeeded if succeeded else None
    long_enough = window.elapsed_s >= LEAST_OBSERVED_S
    observed_usd = max(total.usd - dated_back.usd, Decimal(0))
    month = observed_usd * Decimal(MONTH_S / window.elapsed_s) if long_enough else None
    basis = f"30 days like {window.words}" if long_enough else f"needs {LEAST_OBSERVED_S // 60} min of records"
    amount, unit = formats.tokens(total.input_tokens + total.output_tokens)
    unpriced = "at least; some calls are unpriced · " if total.unpriced else ""
    back = f" · {formats.usd(dated_back.usd)} dated back" if dated_back.usd else ""
    least = f"{unpriced}in {window.words}{back}"
    return [
        Tile("Cost", formats.usd(total.usd), "", least),
        Tile("Cost of a successful call", formats.usd(each), "", f"n = {succeeded:,} successful tool calls"),
        Tile("A month at this rate", formats.usd(month), "", basis),
        Tile("Tokens", amount, unit, f"{total.input_tokens:,} in, {total.output_tokens:,} out"),
        Tile(
            "Unpriced calls",
            f"{total.unpriced:,}",
            "",
            "no price yet" if total.unpriced else "all models have a price",
            tone="warn" if total.unpriced else "",
            why="#h-unpriced" if total.unpriced else "",
        ),
    ]


def total_of(listed: Mapping[Any, Spent], rest: Rest) -> Spent:
    return Spent.sum([*listed.values(), rest.spent])


def rest_row(rest: Rest, total: Decimal) -> list[CostRow]:
    """The row of what is not listed; none where all is."""
    return [CostRow(f"and {rest.more:,} more", rest.spent, share_of(rest.spent, total))] if rest.more else []


def model_rows(selection: Selection, models: Mapping[Model, Spent], rest: Rest = ALL_LISTED) -> list[CostRow]:
    """A row for each provider and model, and one for the rest."""
    colours = colours_of(models)
    total = total_of(models, rest).usd
    rows = [
        CostRow(
            caller_name(*model),
            spent,
            share_of(spent, total),
            selection.query(provider=model[0], model=model[1]),
            colours.get(model, 0),
        )
        for model, spent in models.items()
    ]
    return rows + rest_row(rest, total)


def colours_of(models: Mapping[Model, Spent]) -> dict[Model, int]:
    """The numbers of the colours of the dearest models."""
    costly = [model for model, spent in models.items() if spent.usd]
    return {model: number for number, model in enumerate(costly[:COLOURS], 1)}


def tool_rows(selection: Selection, tools: Mapping[str, Spent], rest: Rest = ALL_LISTED) -> list[CostRow]:
    """A row for each tool, and one for the rest."""
    total = total_of(tools, rest).usd
    rows = [
        CostRow(name, spent, share_of(spent, total), selection.query(tool=name)) for name, spent in tools.items()
    ]
    return rows + rest_row(rest, total)


def key_rows(keys: Mapping[str, Spent], rest: Rest = ALL_LISTED) -> list[CostRow]:
    """A row for each API key, and one for the rest."""
    total = total_of(keys, rest).usd
    rows = [CostRow(name or "no key", spent, share_of(spent, total)) for name, spent in keys.items()]
    return rows + rest_row(rest, total)


def unpriced(models: Mapping[Model, Spent]) -> list[Unpriced]:
    """The models without a price, those with most calls first, each with the form to enter one."""
    found = [
        Unpriced(
            caller_name(provider, model),
            spent.unpriced,
            spent.input_tokens + spent.output_tokens,
            price_form(provider, model),
        )
        for (provider, model), spent in models.items()
        if spent.unpriced
    ]
    return sorted(found, key=lambda row: -row.spans)


def price_form(provider: str, model: str) -> str:
    """The admin's form for a price of this model, from the beginning, so that stored spans can be priced too."""
    query = {"provider": provider, "model": model, "effective_from": BEGINNING.isoformat()}
    return f"{reverse('admin:cost_price_add')}?{urlencode(query)}"


def share_of(spent: Spent, total: Decimal) -> float | None:
    return float(spent.usd / total) if total else None
