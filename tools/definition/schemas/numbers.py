"""Numbers as JSON writes them, which a computer's fractions only come near, and which may have any length."""

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from pydantic_core import PydanticSerializationError, from_json, to_json

from tools.errors import InvalidArguments

# Longer whole numbers are not read: not by Python, and not by our reader of JSON, so REST refuses them too.
MOST_DIGITS = 4_300
_TOO_MANY = re.compile(rb"[0-9]{%d}" % (MOST_DIGITS + 1))


def is_multiple(value: float, of: float) -> bool:
    """Whether *value* is a multiple of *of*, both as they are written: 0.3 is one of 0.1."""
    if isinstance(value, int) and isinstance(of, int):
        return value % of == 0
    return _written(value) % _written(of) == 0


def refuse_endless(payload: Any) -> None:
    """Raises InvalidArguments for a whole number in *payload* that could be written down, but never read again.

    A call that has one would end in the first place that writes it as text, as a fault of the tool.
    """
    if not isinstance(payload, Mapping) or not _may_be_endless(payload):
        return
    for name, value in payload.items():
        if _is_endless(value):
            raise InvalidArguments(
                f"argument {str(name)!r}: holds a whole number of more than {MOST_DIGITS:,} digits, which nobody "
                "can read: send a shorter one, or a text.",
                violations=[f"{name}: too_many_digits"],
            )


def _may_be_endless(payload: Mapping[Any, Any]) -> bool:
    written = _json(dict(payload))
    return len(written) > MOST_DIGITS and _TOO_MANY.search(written) is not None


def _is_endless(value: Any) -> bool:
    """Whether what *value* is in JSON cannot be read: digits in a text can."""
    written = _json(value)
    if not _TOO_MANY.search(written):
        return False
    try:
        from_json(written)
    except ValueError:
        return True
    return False


def _json(value: Any) -> bytes:
    try:
        return to_json(value, inf_nan_mode="null", serialize_unknown=True)
    except (PydanticSerializationError, ValueError):
        return b""  # no JSON at all, which is told of elsewhere


def _written(number: float) -> Fraction:
    return Fraction(number) if isinstance(number, int) else Fraction(repr(number))
