"""How likely each of several beliefs is to hold the greatest value: by integration, not by drawing."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, lgamma, sqrt
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

if TYPE_CHECKING:
    import numpy as np

    Grid = np.ndarray[Any, np.dtype[np.float64]]
# Points within each belief's own reach; a narrow one beside a wide one is seen as finely.
POINTS, REACH = 64, 6.0
SMALLEST, TINY = 1e-6, 1e-300


@dataclass(frozen=True, slots=True)
class Beta:
    """What is believed of a share: between 0 and 1."""

    REACHES: ClassVar = (0.0, 1.0)
    a: float
    b: float

    @property
    def mean(self) -> float:
        return self.a / (self.a + self.b)

    @property
    def sd(self) -> float:
        n = self.a + self.b
        return sqrt(self.a * self.b / (n * n * (n + 1)))

    @staticmethod
    def densities(beliefs: "Sequence[Beta]", x: "Grid") -> "Grid":
        """Of each at each of *x*."""
        import numpy as np

        a, b = (np.array([getattr(each, name) for each in beliefs])[:, None] for name in "ab")
        whole = [lgamma(each.a + each.b) - lgamma(each.a) - lgamma(each.b) for each in beliefs]
        inside = np.clip(x, 1e-9, 1 - 1e-9)
        found: Grid = np.exp((a - 1) * np.log(inside) + (b - 1) * np.log1p(-inside) + np.array(whole)[:, None])
        return found


@dataclass(frozen=True, slots=True)
class Normal:
    """What is believed of any number."""

    REACHES: ClassVar = (-inf, inf)
    mean: float
    sd: float

    @staticmethod
    def densities(beliefs: "Sequence[Normal]", x: "Grid") -> "Grid":
        """Of each at each of *x*."""
        import numpy as np

        mean = np.array([each.mean for each in beliefs])[:, None]
        sd = np.maximum(np.array([each.sd for each in beliefs]), SMALLEST)[:, None]
        found: Grid = np.exp(-(((x - mean) / sd) ** 2) / 2) / sd
        return found


Belief = TypeVar("Belief", Beta, Normal)


def probabilities(beliefs: Sequence[Belief]) -> list[float]:
    """Of each of *beliefs*, which are of one kind, that it holds the greatest value; together 1."""
    import numpy as np  # loaded by the first choice, not by each server that starts

    kind = type(beliefs[0])
    mean = np.array([each.mean for each in beliefs])[:, None]
    sd = np.maximum(np.array([each.sd for each in beliefs]), SMALLEST)[:, None]
    x = np.clip((mean + sd * np.linspace(-REACH, REACH, POINTS)).ravel(), *kind.REACHES)
    x.sort()
    densities = kind.densities(beliefs, x)
    slices = (densities[:, 1:] + densities[:, :-1]) * np.diff(x)
    sums = np.cumsum(slices, axis=1)
    # Below the middle of each slice; each belief made whole, as the slices are coarse.
    whole = np.maximum(sums[:, -1:], TINY)
    below = np.log(np.maximum((sums - slices / 2) / whole, TINY))
    best = (slices / whole * np.exp(below.sum(axis=0) - below)).sum(axis=1)
    found: list[float] = (best / best.sum()).tolist()
    return found
