"""How likely each of several beliefs is to hold the greatest value: by integration, not by drawing."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import lgamma, log, pi, sqrt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Line = np.ndarray[Any, np.dtype[np.float64]]
# Points within each belief's own reach; a narrow one beside a wide one is seen as finely.
POINTS, REACH = 64, 6.0
SMALLEST = 1e-6


@dataclass(frozen=True, slots=True)
class Beta:
    a: float
    b: float

    @property
    def mean(self) -> float:
        return self.a / (self.a + self.b)

    @property
    def sd(self) -> float:
        n = self.a + self.b
        return sqrt(self.a * self.b / (n * n * (n + 1)))

    bounds = (1e-9, 1 - 1e-9)

    def density(self, x: "Line") -> "Line":
        import numpy as np

        whole = lgamma(self.a + self.b) - lgamma(self.a) - lgamma(self.b)
        found: Line = np.exp(whole + (self.a - 1) * np.log(x) + (self.b - 1) * np.log1p(-x))
        return found


@dataclass(frozen=True, slots=True)
class Normal:
    mean: float
    sd: float

    bounds = (-1e9, 1e9)

    def density(self, x: "Line") -> "Line":
        import numpy as np

        sd = max(self.sd, SMALLEST)
        found: Line = np.exp(-(((x - self.mean) / sd) ** 2) / 2 - log(sd * sqrt(2 * pi)))
        return found


def probabilities(beliefs: Sequence[Beta | Normal]) -> list[float]:
    """Of each, that it holds the greatest value; together 1."""
    import numpy as np  # loaded by the first choice, not by each server that starts

    steps = np.linspace(-REACH, REACH, POINTS)
    places = [belief.mean + max(belief.sd, SMALLEST) * steps for belief in beliefs]
    x = np.unique(np.clip(np.concatenate(places), *beliefs[0].bounds))
    densities = np.array([belief.density(x) for belief in beliefs])
    slices = (densities[:, 1:] + densities[:, :-1]) / 2 * np.diff(x)
    sums = np.cumsum(slices, axis=1)
    # Above all others at the middle of each slice; each belief made whole, as the slices are coarse.
    whole = sums[:, -1:]
    below = (sums - slices / 2) / whole
    best = [
        float(np.sum(slices[index] / whole[index] * np.prod(np.delete(below, index, axis=0), axis=0)))
        for index in range(len(beliefs))
    ]
    total = sum(best)
    return [share / total for share in best]
