"""An interval for a mean that holds for what a bandit logged.

Each decision there was made by what those before it had taught, so the usual interval for independent values does
not hold. This one needs no more than bounds of the values: Howard, Ramdas, McAuliffe and Sekhon, "Time-uniform,
nonparametric, nonasymptotic confidence sequences" (2021), theorem 4, the empirical Bernstein bound, at steps fixed
beforehand.
"""

from collections.abc import Iterable, Sequence
from math import log

# Steps between which the best is taken, each with its share of the error.
STEPS = (0.003, 0.01, 0.03, 0.06, 0.1, 0.2, 0.4, 0.7)
ERROR = 0.05


def interval(values: Sequence[float], low: float, high: float, error: float = ERROR) -> tuple[float, float]:
    """Lower and upper bound of the mean of what *values* were expected to be; each lies in *low* to *high*."""
    scale = high - low
    if scale <= 0 or not values:
        return (low, high)
    down = _lower([(value - low) / scale for value in values], error / 2)
    up = _lower([(high - value) / scale for value in values], error / 2)
    return (low + scale * down, high - scale * up)


def _lower(values: Sequence[float], error: float) -> float:
    """A lower bound of the mean of values between 0 and 1."""
    n = len(values)
    mean, spread = sum(values) / n, _spread(values)
    best = 0.0
    for step in STEPS:
        psi = -log(1 - step) - step
        best = max(best, mean - (log(len(STEPS) / error) + psi * spread) / (step * n))
    return best


def _spread(values: Iterable[float]) -> float:
    """The sum of squares around the mean of the values before each."""
    total, sum_so_far = 0.0, 0.5
    for number, value in enumerate(values):
        total += (value - sum_so_far / (number + 1)) ** 2
        sum_so_far += value
    return total
