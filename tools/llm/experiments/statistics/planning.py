"""Before the start: the smallest effect that today's traffic can find, and how long a given one takes.

After so many units the sum of scores is nearly normal, with the mean ``w effect`` and the variance ``w variance``,
where ``w`` is the units' number times ``p(1 - p)``; the logarithm of a stake's wealth is nearly ``stake sum -
stake^2 variance w / 2``. So the sum that the bets need can be found, and the effect whose sum is so much with the
power that was asked for. Beside 2,000 simulated experiments the power comes out within 5 points (a test holds it).
"""

from dataclasses import dataclass
from math import log, sqrt
from statistics import NormalDist

from tools.llm.experiments.statistics.bets import STAKES, log_mean

# A day more than this, and nobody waits for it.
LONGEST_DAYS = 365


@dataclass(frozen=True, slots=True)
class Traffic:
    """What an experiment has to work with. *share* is the arm's chance beside the control.

    ``base`` is the control's share today. ``deviation`` is how much units differ (the standard deviation of their
    values); without it that of units which only succeed or fail, which is the most there can be.
    """

    units_a_day: float  # in the two arms together
    base: float
    share: float = 0.5
    alpha: float = 0.05
    power: float = 0.8
    deviation: float | None = None

    def variance(self, effect: float) -> float:
        """Of a unit's value about the level of both arms together, if the arm had *effect*."""
        if self.deviation is not None:
            return self.deviation**2
        arm = min(max(self.base + effect, 0.0), 1.0)
        # About the level that the bets guess, which is that of all units.
        level = (1 - self.share) * self.base + self.share * arm
        arm_part = (1 - self.share) * (arm * (1 - arm) + (arm - level) ** 2)
        control_part = self.share * (self.base * (1 - self.base) + (self.base - level) ** 2)
        return arm_part + control_part


def smallest_effect(traffic: Traffic, days: float) -> float | None:
    """The least gain that is found in so many days with the power asked for; None if not even the largest is."""
    most = 1 - traffic.base
    if most <= 0 or not is_found(traffic, days, most):
        return None
    low, high = 0.0, most
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (low, middle) if is_found(traffic, days, middle) else (middle, high)
    return high


def days_needed(traffic: Traffic, effect: float) -> int | None:
    """How many days find *effect* (a gain, or below 0 a loss); None if a year does not."""
    low, high = 0, LONGEST_DAYS
    if not is_found(traffic, high, effect):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_found(traffic, middle, effect) else (middle, high)
    return high


def is_found(traffic: Traffic, days: float, effect: float) -> bool:
    """Whether the sum of scores is enough in as many experiments as the power asks for."""
    weight = traffic.units_a_day * days * traffic.share * (1 - traffic.share)
    spread = sqrt(weight * max(traffic.variance(effect), 1e-9))
    reached = weight * abs(effect) - NormalDist().inv_cdf(traffic.power) * spread
    if reached <= 0:
        return False
    return log_mean([stake * reached - stake**2 * spread**2 / 2 for stake in STAKES]) >= log(2 / traffic.alpha)
