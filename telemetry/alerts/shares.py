"""A share of calls that went well, as rules compare it with their thresholds. Pure.

A share is the product of *factors*, each counted on calls of its own. Nothing is weighed or rounded: factors of
several tallies add up, and no difference of two measures is ever taken.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from math import prod, sqrt
from typing import Self

from telemetry.values.proportions import Z_95, wilson

Factor = tuple[int, int]  # good, all


class Of(StrEnum):
    """Whose share. In the order in which one speaks for all that are breached."""

    CALLS = "calls"
    RUNS = "runs"
    ARGUMENTS = "arguments"


@dataclass(frozen=True, slots=True)
class Share:
    """The good calls among all of one kind; *provider* where only its calls are meant.

    *late*: the start of the earlier window in which they ended, for calls that came too late for a look at it.
    """

    of: Of
    factors: tuple[Factor, ...]
    provider: str = ""
    late: datetime | None = None

    @property
    def name(self) -> str:
        """``calls``, ``arguments:groq``: the same at every look."""
        return f"{self.of}:{self.provider}" if self.provider else str(self.of)

    @property
    def total(self) -> int:
        """How many calls it is judged by: those of its scarcest factor, a product is no surer than that."""
        return min(total for _, total in self.factors)

    @property
    def value(self) -> float | None:
        return _product(self.factors) if self.total else None

    def counted_on(self, enough: int) -> Self | None:
        """The share by those of its factors alone that are counted on *enough* calls; None without such."""
        told = tuple(factor for factor in self.factors if factor[1] >= enough)
        return replace(self, factors=told) if told else None

    def interval(self, z: float = Z_95) -> tuple[float, float]:
        """The Wilson interval; of a product, out of the intervals of its factors.

        By the method of variance estimates recovery (G. Y. Zou, A. Donner: Statistics in Medicine 27, 2008, 1693),
        whose limits for a product are those of its first-order expansion; the last term keeps them from closing
        where all factors are 0.
        """
        shares = [good / total if total else 1.0 for good, total in self.factors]
        limits = [wilson(good, total, z) for good, total in self.factors]
        value = prod(shares)
        below = _spread(shares, [share - lower for share, (lower, _) in zip(shares, limits, strict=True)])
        above = _spread(shares, [upper - share for share, (_, upper) in zip(shares, limits, strict=True)])
        return max(0.0, value - below), min(1.0, value + above)


def _product(factors: tuple[Factor, ...]) -> float:
    # One division: 95 of 100 and 90 of 95 are 0.9, not a little less.
    return prod(good for good, _ in factors) / max(1, prod(total for _, total in factors))


def _spread(shares: list[float], distances: list[float]) -> float:
    """How far the limit of the product lies from it."""
    single = sum(
        (distance * prod(share for other, share in enumerate(shares) if other != at)) ** 2
        for at, distance in enumerate(distances)
    )
    together = prod(distances) ** 2 if len(distances) > 1 else 0.0
    return sqrt(single + together)
