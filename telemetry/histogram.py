"""A latency histogram with fixed buckets, so that any two can be added and a percentile read from the sum.

Eight buckets a decade from 0.1 ms to 100 s: neighbouring bounds differ by a factor of 10^(1/8) = 1.33, so a
percentile read from the middle of its bucket is within 16 % of the true one.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from math import inf

BUCKETS_PER_DECADE = 8
DECADES = 6
# Upper bounds in milliseconds, inclusive; the last bucket (index 49) holds all that took longer than 100 s.
BOUNDS_MS: tuple[float, ...] = tuple(
    0.1 * 10 ** (step / BUCKETS_PER_DECADE) for step in range(BUCKETS_PER_DECADE * DECADES + 1)
)
SIZE = len(BOUNDS_MS) + 1


def bucket(duration_ms: float) -> int:
    """The index of the bucket that holds *duration_ms*, 0 to SIZE - 1."""
    return bisect_left(BOUNDS_MS, duration_ms)


def empty() -> list[int]:
    return [0] * SIZE


def merge(histograms: Iterable[Sequence[int]]) -> list[int]:
    """The sum, bucket by bucket; all zeros for no histogram."""
    return [sum(counts) for counts in zip(empty(), *filter(None, histograms), strict=True)]


def without(counts: Sequence[int], part: Sequence[int]) -> list[int]:
    """What is left of *counts* when *part* is taken out, never less than nothing."""
    return [max(0, count - taken) for count, taken in zip(counts or empty(), part or empty(), strict=True)]


def percentile(counts: Sequence[int], share: float) -> float | None:
    """The latency in milliseconds below which *share* (0 to 1) of the calls lie; None without calls.

    Interpolated linearly inside the bucket, as Prometheus' ``histogram_quantile`` does.
    """
    total = sum(counts)
    if not total:
        return None
    rank = share * total
    below = 0
    for index, count in enumerate(counts):
        if count and below + count >= rank:
            lower = BOUNDS_MS[index - 1] if index else 0.0
            upper = BOUNDS_MS[index] if index < len(BOUNDS_MS) else BOUNDS_MS[-1]
            return lower + (upper - lower) * max(0.0, rank - below) / count
        below += count
    return BOUNDS_MS[-1]


def bound(counts: Sequence[int], share: float) -> float:
    """The least bound in milliseconds that *share* of the calls did not exceed; 0 without calls.

    Infinite where they took longer than the last bound.
    """
    total = sum(counts)
    below = 0
    for index, count in enumerate(counts):
        below += count
        if total and below >= share * total:
            return BOUNDS_MS[index] if index < len(BOUNDS_MS) else inf
    return 0.0
