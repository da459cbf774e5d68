"""How sure a share is, and whether a difference is more than chance. Pure."""

from collections.abc import Sequence
from math import ceil, comb, sqrt

Z_95 = 1.959963984540054


def wilson(passed: int, of: int, z: float = Z_95) -> tuple[float, float]:
    """Between which shares the true one lies, 95 times of 100 (Wilson's interval); all where nothing was tried."""
    if not of:
        return 0.0, 1.0
    share, spread = passed / of, z * z / of
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * sqrt(share * (1 - share) / of + spread / (4 * of))
    # Where all passed, or none did, the interval ends there: rounding must not take that away.
    return (0.0 if passed == 0 else middle - half), (1.0 if passed == of else middle + half)


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
