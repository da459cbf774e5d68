"""What an optimiser may spend, fixed before it starts: nothing is asked for that might not fit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Amount:
    """``calls`` are cases that a model was asked; dollars are 0 where nobody knows a price: then tokens bind."""

    calls: int = 0
    tokens: int = 0
    usd: Decimal = Decimal(0)

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.calls + other.calls, self.tokens + other.tokens, self.usd + other.usd)

    def __sub__(self, other: "Amount") -> "Amount":
        return Amount(self.calls - other.calls, self.tokens - other.tokens, self.usd - other.usd)

    def __mul__(self, times: int) -> "Amount":
        return Amount(self.calls * times, self.tokens * times, self.usd * times)


NOTHING = Amount()


class Why(StrEnum):
    """What ended a search, in words."""

    CALLS = "its calls were used up"
    TOKENS = "its tokens were used up"
    MONEY = "its money was used up"
    TIME = "its time was over"
    STOPPED = "somebody stopped it"
    WORKER = "its worker was stopped"
    UNREACHABLE = "the models could not be asked"


class Over(Exception):
    """There is nothing left to spend; ``why`` says of what."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(slots=True)
class Budget:
    """*allowed* and *seconds* are bounds; *kept_back* is for what has to be asked behind the search.

    Whoever asks takes the most that it can cost, and settles with what it did cost. *share* of the time is the
    search's.
    """

    allowed: Amount
    seconds: float
    clock: Callable[[], float]
    kept_back: Amount = NOTHING
    share: float = 0.8
    spent: Amount = NOTHING
    _pending: Amount = NOTHING
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        self._began = self.clock()

    def left_s(self) -> float:
        return self.seconds * self.share - (self.clock() - self._began)

    def take(self, most: Amount) -> None:
        """Reserve *most*. Raises Over where that might be more than there is."""
        if why := self.lacks(most):
            raise Over(why)
        self._pending += most

    def settle(self, most: Amount, cost: Amount) -> None:
        """What was reserved as *most* came to *cost*."""
        self._pending -= most
        self.spent += cost

    def lacks(self, most: Amount) -> Why | None:
        """Of what there is too little for *most*."""
        left = self.allowed - self.kept_back - self.spent - self._pending - most
        if self.left_s() <= 0:
            return Why.TIME
        if left.calls < 0:
            return Why.CALLS
        if left.tokens < 0:
            return Why.TOKENS
        return Why.MONEY if left.usd < 0 else None

    def give_back(self) -> None:
        """The search is over: what was kept back, of the time too, may be spent now."""
        self.kept_back, self.share = NOTHING, 1.0
