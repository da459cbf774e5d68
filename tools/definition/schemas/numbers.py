"""Numbers as JSON writes them, which a computer's fractions only come near."""

from fractions import Fraction


def is_multiple(value: float, of: float) -> bool:
    """Whether *value* is a multiple of *of*, both as they are written: 0.3 is one of 0.1."""
    if isinstance(value, int) and isinstance(of, int):
        return value % of == 0
    return _written(value) % _written(of) == 0


def _written(number: float) -> Fraction:
    return Fraction(number) if isinstance(number, int) else Fraction(repr(number))
