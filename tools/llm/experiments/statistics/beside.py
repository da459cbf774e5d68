"""Tests that are shown beside, and by which nothing is decided: what they get wrong is the reason for the others.

The z-test of two shares holds for one look that was fixed before, at values that do not depend on each other. The
bets on pairs (the k-th of the arm against the k-th of the control) hold at any moment, need no chances of
assignment, and fit an even split only: elsewhere most of the larger arm is thrown away.
"""

from collections.abc import Mapping
from math import erfc, log1p, sqrt

from tools.llm.experiments.statistics.bets import log_mean

STAKES = (0.05, 0.1, 0.2, 0.35, 0.5)


def z_test(control: tuple[float, int], arm: tuple[float, int]) -> float:
    """The two-sided p of two shares, each as (successes, n), with the variance of both together."""
    (won, n), (arm_won, m) = control, arm
    if not n or not m or not 0 < won + arm_won < n + m:
        return 1.0
    pooled = (won + arm_won) / (n + m)
    z = (arm_won / m - won / n) / sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    return erfc(abs(z) / sqrt(2))


def pair_wealths(differences: Mapping[float, int], margin: float = 0.0) -> tuple[float, float]:
    """The logarithms of two wealths, by how many pairs had which difference (arm less control, of values from 0 to
    1): that the arm is above the control by more than *margin*, and that it is below by more than that."""

    def wealth(sign: int) -> float:
        won = [((sign * each - margin) / (1 + abs(margin)), n) for each, n in differences.items()]
        return log_mean([sum([n * log1p(stake * by) for by, n in won]) for stake in STAKES])

    return wealth(1), wealth(-1)
