"""Finds payment card numbers by their check digit."""

import re

REDACTED = "[redacted]"
LEAST_DIGITS = 13
# Card numbers begin with 2 to 6: that spares times in nanoseconds.
_CARD = re.compile(r"(?<![\w.-])[2-6]\d{3}(?:[ -]?\d){9,15}(?![\w-])")


def without_cards(piece: str) -> str:
    return _CARD.sub(_card, piece) if len(piece) >= LEAST_DIGITS else piece


def luhn_valid(digits: str) -> bool:
    """Whether *digits* end in the check digit of a card number (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _card(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found[0])
    return REDACTED if luhn_valid(digits) else found[0]
