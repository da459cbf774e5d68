"""A confidence sequence from sums: for times and costs, which have no upper bound, and to compare with bets.

In each stratum the arms' difference has a variance (of means, or of the logarithm of a ratio of sums by the delta
method, with the unit as what varies). Strata add up with the weights ``n m / (n + m)`` of Mantel and Haenszel,
which depend on how many units there are and never on their values: weights by the inverse of an estimated
variance would favour whichever stratum looks best by chance. Times those weights the difference is, up to what
vanishes, a martingale, which stays within the normal mixture's bound at all moments at once (two-sided, from I.
Waudby-Smith, D. Arbour, R. Sinha, E. Kennedy and A. Ramdas, Time-uniform central limit theory and asymptotic
confidence sequences, Annals of Statistics 52, 2024, arXiv 2103.06476). It is asymptotic: strata with few units do
not count.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, log, sqrt

# A stratum counts from so many units in each arm, the whole from so many.
LEAST_IN_STRATUM = 20
LEAST = 50
# The bound is tightest at so much weight: 500 units an arm, split evenly.
TUNED_AT = 250.0


@dataclass(frozen=True, slots=True)
class Sums:
    """Of the units of an arm in a stratum: how many, and sums of numerators (x) and denominators (y)."""

    n: int = 0
    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    yy: float = 0.0
    xy: float = 0.0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.n + other.n,
            self.x + other.x,
            self.y + other.y,
            self.xx + other.xx,
            self.yy + other.yy,
            self.xy + other.xy,
        )

    @classmethod
    def of(cls, parts: Iterable[tuple[float, float]]) -> "Sums":
        pairs = list(parts)
        return cls(
            len(pairs),
            sum(x for x, _ in pairs),
            sum(y for _, y in pairs),
            sum(x * x for x, _ in pairs),
            sum(y * y for _, y in pairs),
            sum(x * y for x, y in pairs),
        )

    @property
    def ratio(self) -> float:
        """The sum of numerators by that of denominators; where these are 1, the mean."""
        return self.x / self.y if self.y else 0.0

    @property
    def variance(self) -> float:
        """Of the ratio: that of what each unit leaves of ``x - ratio y``, by the delta method."""
        if self.n < 2 or not self.y:
            return inf
        ratio = self.ratio
        left = max(self.xx - 2 * ratio * self.xy + ratio * ratio * self.yy, 0.0)
        return left * self.n / (self.n - 1) / (self.y * self.y)


@dataclass(frozen=True, slots=True)
class Difference:
    """Between the arms of one stratum or of all, with its variance, its weight and the control's level."""

    control: float
    effect: float
    variance: float
    weight: float


def difference(control: Sums, arm: Sums) -> Difference:
    """Of ratios (means, where denominators are 1). The weight of 2n units, evenly split, is n / 2."""
    weight = control.n * arm.n / (control.n + arm.n)
    return Difference(control.ratio, arm.ratio - control.ratio, control.variance + arm.variance, weight)


def log_difference(control: Sums, arm: Sums) -> Difference | None:
    """Of the logarithms of ratios; None where one of them is nothing."""
    if control.ratio <= 0 or arm.ratio <= 0:
        return None
    plain = difference(control, arm)
    variance = control.variance / control.ratio**2 + arm.variance / arm.ratio**2
    return Difference(log(control.ratio), log(arm.ratio / control.ratio), variance, plain.weight)


def combined(differences: Sequence[Difference]) -> Difference | None:
    """All strata as one: levels and effects in the mean by weight."""
    weight = sum(each.weight for each in differences)
    if not weight:
        return None
    return Difference(
        sum(each.weight * each.control for each in differences) / weight,
        sum(each.weight * each.effect for each in differences) / weight,
        sum(each.weight**2 * each.variance for each in differences) / weight**2,
        weight,
    )


def radius(found: Difference, alpha: float) -> float:
    """Half the width of the interval that holds at every moment, around *found*."""
    if not 0 < found.variance < inf:
        return inf
    rho2 = (-2 * log(alpha) + log(-2 * log(alpha)) + 1) / TUNED_AT
    inner = found.weight * rho2 + 1
    # What is sigma squared in the paper: the variance of as much as weighs 1.
    sigma = sqrt(found.variance * found.weight)
    return sigma * sqrt(2 * inner / (found.weight**2 * rho2) * log(sqrt(inner) / alpha))
