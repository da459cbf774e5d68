"""About what a run costs, before anybody is asked."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from tools.definition.registry import ToolRegistry
from tools.llm.evaluation.plan import Cell
from tools.llm.pricing import Price
from tools.llm.routing.budget import estimated

# What a model writes in a round, more or less: a call, or a short answer.
ROUND_CHARS = 1_200


@dataclass(slots=True)
class Estimate:
    """``unpriced`` are the models of which nobody knows what they cost."""

    usd: Decimal = Decimal(0)
    tokens: int = 0
    requests: int = 0
    unpriced: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        said = f"about {self.requests:,} requests, {self.tokens:,} tokens and ${cents(self.usd)}"
        if self.unpriced:
            said += f", without what {', '.join(sorted(self.unpriced))} takes: the price list has no price for it"
        return said


def estimate(cells: Iterable[Cell], registry: ToolRegistry, price: Price) -> Estimate:
    """What those *cells* cost, about, whose deployment is paid: an answer each, and a round for calls."""
    total, known = Estimate(), dict[tuple[str, str, str, str], tuple[int, Decimal | None]]()
    for cell in cells:
        if not cell.target.costs:
            continue
        key = cell.suite.name, cell.case.name, cell.target.name, cell.asked.asked
        if key not in known:
            known[key] = _of(cell, registry, price)
        tokens, usd = known[key]
        total.tokens += tokens
        total.requests += rounds_of(cell)
        total.usd += usd or Decimal(0)
        if usd is None:
            total.unpriced.add(cell.target.model)
    return total


def rounds_of(cell: Cell) -> int:
    return 1 + bool(cell.case.expected)


def _of(cell: Cell, registry: ToolRegistry, price: Price) -> tuple[int, Decimal | None]:
    """Tokens, and US dollars where there is a price: of the first deployment, which is asked first."""
    from tools.llm.turns import Question

    where = cell.target.route.entries[0].deployment
    tools = [registry.get(name) for name in cell.case.tools]
    telling = cell.asked.telling(cell.case.variables, tools)
    ask = Question(transcript=cell.case.said, telling=telling, tools=tools).ask(where)
    usage, rounds = estimated(ask, ROUND_CHARS), rounds_of(cell)
    usd = price(where.provider_name, where.model, usage)
    return rounds * (usage.input_tokens + usage.output_tokens), None if usd is None else usd * rounds


def cents(usd: Decimal) -> str:
    """Rounded up to cents: who asks for leave says no less than it is."""
    return f"{Decimal(math.ceil(usd * 100)) / 100:,.2f}"
