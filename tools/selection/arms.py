"""What is known of a member of a group: sums that fade. Pure.

An arm's sums are one row of numbers: how much evidence there is, its rewards and their squares; where there are
features also the upper triangle of their products (the first feature is 1, always) and rewards by feature. Shared
state adds and fades rows, whatever they mean.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

Sums = tuple[float, ...]
PLAIN = 3


@dataclass(frozen=True, slots=True)
class Arm:
    """One member's sums, as they stood at ``at`` (seconds since 1970)."""

    sums: Sums = (0.0,) * PLAIN
    at: float = 0.0

    @property
    def n(self) -> float:
        """How much evidence there is, older evidence counting less."""
        return self.sums[0]

    @property
    def mean(self) -> float:
        """The mean reward; 0 without evidence."""
        return self.sums[1] / self.sums[0] if self.sums[0] > 0 else 0.0

    @property
    def squares(self) -> float:
        """The sum of squares around the mean."""
        return max(0.0, self.sums[2] - self.sums[1] * self.mean)

    @property
    def is_sound(self) -> bool:
        """Whether something can be learnt of it: sums that ran over cannot be mended, only left behind."""
        return all(map(isfinite, self.sums)) and isfinite(self.at)

    def faded(self, now: float, half_life_s: float) -> "Arm":
        """The same at *now*."""
        share = fading(now - self.at, half_life_s)
        return self if share == 1.0 else Arm(tuple(value * share for value in self.sums), now)

    def with_one(self, row: Sums, now: float, half_life_s: float) -> "Arm":
        """With one more observation."""
        faded = self.faded(now, half_life_s).sums
        return Arm(tuple(a + b for a, b in zip(faded, row, strict=True)), now)


Arms = Mapping[str, Arm]


def fading(age_s: float, half_life_s: float) -> float:
    """How much evidence of that age counts."""
    return 0.5 ** (age_s / half_life_s) if half_life_s > 0 and age_s > 0 else 1.0


def row_of(worth: float, features: Sequence[float] = ()) -> Sums:
    """An observation as the row that is added."""
    plain: Sums = (1.0, worth, worth * worth)
    if features:
        x = (1.0, *features)
        products = tuple(a * b for i, a in enumerate(x) for b in x[i:])
        plain += products + tuple(worth * a for a in x)
    return plain


def width(features: int) -> int:
    """How many sums an arm has."""
    if not features:
        return PLAIN
    x = features + 1
    return PLAIN + x * (x + 1) // 2 + x
