"""Whether a difference is more than chance. Pure."""

from collections.abc import Sequence
from math import ceil, comb


def sign_test(fewer: int, more: int) -> float:
    """How likely *fewer* or less of all that differ are by chance, where each way is as likely (exact, one-sided).

    Of cases that are asked once it is McNemar's exact test of those that passed in one run alone.
    """
    of = fewer + more
    return sum(comb(of, each) for each in range(fewer + 1)) / float(2**of)


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value that *share* of *values* do not exceed (nearest rank); None where there is none."""
    if not values:
        return None
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]
