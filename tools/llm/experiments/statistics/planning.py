"""Before the start: the smallest effect that today's traffic can find, and how long a given one takes.

The logarithm of a stake's wealth is a sum over units, so after some days it is nearly normal: its mean and its
spread are worked out from what a unit may come to. An effect is found if the wealth is enough in as many
experiments as the power asks for, at the last look. Earlier looks find some more, so this is on the careful side:
of 2,000 simulated experiments of which 80 % were to find it, 85 or 86 % did.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import expm1, log, sqrt
from statistics import NormalDist

from tools.llm.experiments.statistics.bets import ABOVE, BELOW, Block, log_mean, round_of
from tools.llm.experiments.statistics.sums import LEAST, Difference, radius

# More than this, and nobody waits for it.
LONGEST_DAYS = 365
# How exactly an effect is said.
EXACT = 1e-4


@dataclass(frozen=True, slots=True)
class Traffic:
    """What an experiment has to work with. ``share`` is the arm's chance beside the control.

    ``base`` is the control's share today. ``deviation`` is how much units differ (the standard deviation of their
    values); without it they only succeed or fail, which is the most that they can.
    """

    units_a_day: float  # in the two arms together
    base: float
    share: float = 0.5
    alpha: float = 0.05
    power: float = 0.8
    deviation: float | None = None

    def outcomes(self, effect: float) -> Iterator[tuple[float, Block]]:
        """What a unit may come to if the arm had *effect*: each with its chance."""
        for rate, chance, in_arm in ((self.base, 1 - self.share, False), (self.base + effect, self.share, True)):
            for value, part in self.values(min(max(rate, 0.0), 1.0)):
                counted = {value: 1}
                block = Block(0, self.share, {}, counted) if in_arm else Block(0, self.share, counted)
                yield chance * part, block

    def values(self, rate: float) -> list[tuple[float, float]]:
        if self.deviation is None:
            return [(1.0, rate), (0.0, 1 - rate)]
        return [(rate + self.deviation, 0.5), (rate - self.deviation, 0.5)]


def smallest_effect(traffic: Traffic, days: float) -> float | None:
    """The least gain that is found in so many days with the power asked for; None if not even the largest is."""
    most = 1 - traffic.base
    if most <= 0 or not is_found(traffic, days, most):
        return None
    return least(lambda effect: is_found(traffic, days, effect), 0.0, most, EXACT)


def days_needed(traffic: Traffic, effect: float) -> int | None:
    """How many days find *effect* (a gain, or below 0 a loss); None if a year does not."""
    if not is_found(traffic, LONGEST_DAYS, effect):
        return None
    return round(least(lambda days: is_found(traffic, round(days), effect), 0, LONGEST_DAYS, 1))


def smallest_factor(traffic: Traffic, days: float) -> float | None:
    """The least relative change of a time or a cost that is found; None without a deviation or with too few units.

    The deviation is that of the logarithm for times, for costs a success that of ``(cost - ratio successes) / mean
    cost`` over units.
    """
    units = traffic.units_a_day * days
    weight = units * traffic.share * (1 - traffic.share)
    if not traffic.deviation or units * min(traffic.share, 1 - traffic.share) < LEAST:
        return None
    variance = traffic.deviation**2 / weight
    reach = radius(Difference(0.0, 0.0, variance, weight), traffic.alpha)
    return expm1(reach + NormalDist().inv_cdf(traffic.power) * sqrt(variance))


def least(is_enough: Callable[[float], bool], low: float, high: float, exact: float) -> float:
    """The least that is enough, where *low* is not and *high* is."""
    while high - low > exact:
        middle = (low + high) / 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def is_found(traffic: Traffic, days: float, effect: float) -> bool:
    """Whether wealth is enough after so many days, in as many experiments as the power asks for."""
    side = ABOVE if effect > 0 else BELOW
    level = min(max(traffic.base + traffic.share * effect, 0.0), 1.0)
    grown = [(chance, round_of(block, level).growth(0.0, side)) for chance, block in traffic.outcomes(effect)]
    n, z = traffic.units_a_day * days, NormalDist().inv_cdf(traffic.power)
    logs = []
    for place in range(len(grown[0][1])):
        mean = sum(chance * by[place] for chance, by in grown)
        variance = sum(chance * (by[place] - mean) ** 2 for chance, by in grown)
        logs.append(n * mean - z * sqrt(n * variance))
    return log_mean(logs) >= log(2 / traffic.alpha)
