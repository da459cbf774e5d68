"""The survival function of chi-square, by the regularised incomplete gamma function.

Series and continued fraction as in W. Press et al., Numerical Recipes, 3rd edition, 2007, section 6.2 (the latter
by Lentz's method); exact to 12 digits.
"""

from math import exp, lgamma, log

DIGITS = 1e-14
TINY = 1e-300


def chi_square_survival(statistic: float, freedom: int) -> float:
    """The chance that chi-square with so many degrees of freedom is above *statistic*."""
    if statistic <= 0:
        return 1.0
    return upper_gamma(freedom / 2, statistic / 2)


def upper_gamma(a: float, x: float) -> float:
    """Q(a, x): the part of the gamma function's integral above *x*."""
    front = exp(a * log(x) - x - lgamma(a))
    if x < a + 1:
        return max(0.0, 1.0 - front * series(a, x))
    return front * fraction(a, x)


def series(a: float, x: float) -> float:
    term = total = 1 / a
    n = a
    while abs(term) > abs(total) * DIGITS:
        n += 1
        term *= x / n
        total += term
    return total


def fraction(a: float, x: float) -> float:
    b = x + 1 - a
    c = 1 / TINY
    d = h = 1 / b
    i = 0
    while True:
        i += 1
        an = -i * (i - a)
        b += 2
        d = 1 / ((an * d + b) or TINY)
        c = (b + an / c) or TINY
        h *= d * c
        if abs(d * c - 1) < DIGITS:
            return h
