"""Budgets: what may be spent on models in a day of UTC, in US dollars and tokens. Pure.

They are quotas of the shared state that no call takes from: what an answer cost is known behind it, and told then.
So whoever is asked at the same time as the last that fits may go over; nobody is asked after that.
"""

from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from math import ceil

from tools.llm.adapters.base import Ask, Usage
from tools.llm.counting.asks import messages, standing
from tools.llm.pricing import Price
from tools.llm.prompts.budget import CHARS_PER_TOKEN
from tools.state.base import Spent
from tools.state.quotas.owners import digest
from tools.state.quotas.quota import Period, Quota

# Dollars are counted in millionths, as whole numbers.
PARTS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What *owner* may spend a day; what is None is not limited, and counted all the same.

    Make one by ``of_deployment`` or ``of_key``. *whose* is for people.
    """

    owner: str
    whose: str = "its"
    usd: Decimal | None = None
    tokens: int | None = None

    @classmethod
    def of_deployment(cls, name: str, usd: Decimal | None = None, tokens: int | None = None) -> "Budget":
        return cls(owner=f"model:{name}", usd=usd, tokens=tokens)

    @classmethod
    def of_key(cls, name: str, usd: Decimal | None = None, tokens: int | None = None) -> "Budget":
        """Of the API key *name*, at whatever deployment."""
        return cls(owner=f"spender:{digest(name)}", whose=f"the key {name}'s", usd=usd, tokens=tokens)

    @property
    def dollars(self) -> Quota:
        """Counts millionths of a dollar; its limit is 0 where there is none."""
        return Quota(
            f"{self.owner}:usd", f"{self.owner}:usd", Period.DAY, parts_of(self.usd or Decimal(0)), each=0
        )

    @property
    def used_tokens(self) -> Quota:
        """Counts tokens, in and out."""
        return Quota(f"{self.owner}:tokens", f"{self.owner}:tokens", Period.DAY, self.tokens or 0, each=0)

    def quotas(self) -> tuple[Quota, ...]:
        """What is asked before somebody is: what is limited."""
        return tuple(quota for quota in (self.dollars, self.used_tokens) if quota.limit)

    def spent(self, cost: "Cost") -> tuple[Spent, ...]:
        """What shared state is told of *cost*."""
        told = (Spent(self.dollars, cost.parts), Spent(self.used_tokens, cost.tokens))
        return tuple(one for one in told if one.amount)

    def used_up(self, refused_by: str, retry_after_s: float) -> str:
        """Why nobody is asked who has this budget, for people; '' where it is not this one."""
        if refused_by == self.dollars.name:
            what = f"of {in_dollars(self.usd or Decimal(0))}"
        elif refused_by == self.used_tokens.name:
            what = f"of {self.tokens:,} tokens"
        else:
            return ""
        return f"{self.whose} budget {what} for today is used up, until midnight UTC in {in_hours(retry_after_s)}"


@dataclass(frozen=True, slots=True)
class Cost:
    """What an answer took: millionths of a dollar, and tokens in and out."""

    parts: int = 0
    tokens: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.parts + other.parts, self.tokens + other.tokens)


NOTHING = Cost()


def cost_of(provider: str, model: str, usage: Usage | None, usd: Decimal | None, price: Price) -> Cost:
    """*usd* as the vendor bills it, else *usage* by *price* of *provider*'s *model* that answered."""
    if usage is None:
        return Cost(parts_of(usd or Decimal(0)))
    if usd is None:
        usd = price(provider, model, usage)
    return Cost(parts_of(usd or Decimal(0)), usage.input_tokens + usage.output_tokens)


def estimated(ask: Ask, told_chars: int) -> Usage:
    """About the tokens of an answer that broke off after *told_chars* characters."""
    asked = standing(ask) + messages(ask.transcript.messages, ask.origin)
    return Usage(asked, ceil(told_chars / CHARS_PER_TOKEN))


def parts_of(usd: Decimal) -> int:
    """*usd* in millionths, of a part of one all: what is little is not nothing."""
    return max(0, int((usd * PARTS).to_integral_value(ROUND_UP)))


def usd_of(parts: int) -> Decimal:
    return Decimal(parts) / PARTS


def in_dollars(usd: Decimal) -> str:
    """`$5.00`, `$0.0025`."""
    return f"${usd:,.2f}" if usd == round(usd, 2) else f"${usd.normalize():f}"


def in_hours(seconds: float) -> str:
    """`3 h 20 min`, `45 min`."""
    minutes = max(1, int(seconds // 60))
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
