"""How sure a share is. Pure."""

from math import sqrt

# The two-sided 95 % point of the normal distribution.
Z_95 = 1.959963984540054


def wilson(successes: int, n: int, z: float = Z_95) -> tuple[float, float]:
    """The Wilson score interval of a proportion (E. B. Wilson, JASA 22, 1927), as (lower, upper).

    At 95 % for the *z* that is given; (0, 1) where nothing was tried.
    """
    if n == 0:
        return (0.0, 1.0)
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # Where all succeeded, or none did, it ends there: rounding took a bit of that away for every third n.
    return (0.0 if successes == 0 else centre - half, 1.0 if successes == n else centre + half)
