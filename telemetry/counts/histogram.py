"""A latency histogram of a fixed scale, so that any two can be added and a percentile read from the sum.

Eight buckets an octave from 1 µs to 12 days, as OpenTelemetry's exponential histograms have them at scale 3:
neighbouring bounds differ by a factor of 2^(1/8) = 1.09. A percentile is the harmonic middle of its bucket, within
4.4 % of whatever lies in it, and never below the shortest duration nor above the longest.

A store keeps the counts as one whole number, twelve decimal digits a bucket, the shortest durations last: to add
the numbers is to add the histograms, and what has no calls at either end takes no room.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, zip_longest
from math import inf
from struct import unpack
from typing import Self

SCALE = 3
FIRST_OCTAVE, LAST_OCTAVE = -10, 30
# Upper bounds in milliseconds, inclusive; the first bucket holds all that took less than a microsecond, the last
# (index 321) all that took longer than 2^30 ms.
BOUNDS_MS: tuple[float, ...] = tuple(
    2 ** (step / 2**SCALE) for step in range(FIRST_OCTAVE * 2**SCALE, LAST_OCTAVE * 2**SCALE + 1)
)
SIZE = len(BOUNDS_MS) + 1
# Of the stored number: a bucket counts up to 10^12 - 1.
DIGITS = 12
# How far a percentile may be from the exact one, at most.
ERROR = 0.05
# The same where durations were counted in the buckets of before (migration 0010), eight a decade.
WIDE_ERROR = 0.19


def bucket(duration_ms: float) -> int:
    """The index of the bucket that holds *duration_ms*, 0 to SIZE - 1."""
    return bisect_left(BOUNDS_MS, duration_ms)


def packed(counts: Iterable[int]) -> int:
    """The number that a store keeps for the *counts* of the first bucket, the second, …"""
    return sum(count * 10 ** (DIGITS * index) for index, count in enumerate(counts))


def unpacked(digits: str) -> list[int]:
    """The counts that are in the *digits* of a stored number, up to the last bucket that has any."""
    # Charts ask for hundreds of histograms: as bytes this is three times as fast.
    told = digits.encode().lstrip(b"0")
    empty = (len(told) - len(told.rstrip(b"0"))) // DIGITS
    size = -(-len(told) // DIGITS) - empty
    filled = told[: len(told) - DIGITS * empty].zfill(DIGITS * size)
    counts = unpack(f"{DIGITS}s" * size, filled)
    return [0] * empty + list(map(int, reversed(counts)))


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of the first bucket, the second, … as far as there are any; the shortest and the longest duration."""

    counts: Sequence[int] = ()
    min_ms: float = inf
    max_ms: float = 0.0

    @classmethod
    def sum(cls, histograms: Iterable["Histogram"]) -> Self:
        """All of them together."""
        parts = list(histograms)
        return cls(
            list(map(sum, zip_longest(*(part.counts for part in parts), fillvalue=0))),
            min((part.min_ms for part in parts), default=inf),
            max((part.max_ms for part in parts), default=0.0),
        )

    def without(self, part: "Histogram") -> Self:
        """What is left when *part* is taken out, never less than nothing.

        The shortest and the longest stay those of the whole: which durations are left cannot be told so exactly.
        """
        pairs = zip_longest(self.counts, part.counts, fillvalue=0)
        return type(self)([max(0, count - taken) for count, taken in pairs], self.min_ms, self.max_ms)

    @property
    def count(self) -> int:
        return sum(self.counts)

    @property
    def error(self) -> float:
        """How far, as a share of it, a percentile may be from the exact one, at most.

        Of what was counted in the buckets of before nobody knows the longest, so it is infinite.
        """
        return WIDE_ERROR if self.max_ms == inf else ERROR

    def percentile(self, share: float) -> float | None:
        """The least latency in milliseconds that *share* (0 to 1) of the calls did not exceed; None without calls.

        As ``percentile_disc`` of SQL.
        """
        index = self._at(share)
        return None if index is None else min(max(middle(index), self.min_ms), self.max_ms)

    def bound(self, share: float) -> float:
        """The least bound in milliseconds that *share* of the calls did not exceed; 0 without calls.

        Infinite where they took longer than the last bound.
        """
        index = self._at(share)
        return 0.0 if index is None else _upper(index)

    def _at(self, share: float) -> int | None:
        """The bucket in which that *share* of the calls is reached."""
        reached = list(accumulate(self.counts))
        if not any(reached[-1:]):
            return None
        # A share of nothing is reached by the first call.
        return bisect_left(reached, max(share * reached[-1], 1))


def middle(index: int) -> float:
    """The harmonic mean of a bucket's bounds in milliseconds: as far from the one as from the other, in shares."""
    lower = BOUNDS_MS[index - 1] if index else 0.0
    return 2 * lower / (1 + lower / _upper(index))


def _upper(index: int) -> float:
    return BOUNDS_MS[index] if index < len(BOUNDS_MS) else inf
