"""Finds phone numbers: international ones, and national ones by how their groups are written.

Plain digits are left alone, as order numbers and times look the same, unless their key says what they are.
"""

import re
from collections.abc import Iterator, Mapping

from telemetry.redaction.numbers import matches
from telemetry.redaction.stretches import Find, Span

REDACTED = "[phone]"
_INTERNATIONAL = r"(?:\+|\b00)[1-9](?:[ ().-]{0,2}\d){6,13}"
_NORTH_AMERICAN = r"(?:\b1[ .-])?(?:\([2-9]\d{2}\) ?|\b[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}"
_FRENCH = r"\b0[1-9](?:[ .-]\d{2}){4}"
# Two round numbers side by side are figures.
_INDIAN = r"\b0?[6-9]\d{2}(?!00)\d{2} \d{3}(?!00)\d{2}(?! \d)"
_TRUNK_PREFIX = r"\b0[1-9]\d{0,3}[ /-]\d{3,4}(?:[ -]?\d{2,4}){1,2}"
# German: the area, a slash, the number in one piece.
_SLASHED = r"\b0[1-9]\d{1,4} ?/ ?\d{6,9}"
# Behind digits and a space it is a group of a longer number, as in 1 000 000 000.
_PHONE = re.compile(
    rf"(?<![\w.+-])(?<!\d )(?:{_INTERNATIONAL}|{_NORTH_AMERICAN}|{_FRENCH}|{_INDIAN}|{_TRUNK_PREFIX}|{_SLASHED})"
    r"(?![\w-])"
)
_NAME = r"(?:phone|mobile|msisdn|whatsapp|\btel|\bfax)(?:[_ ]?(?:number|no|nr))?"
_NAMES_PHONE = re.compile(rf"{_NAME}\Z", re.IGNORECASE)
_KEYED = re.compile(
    rf"""{_NAME}(\\{{0,7}}["']|)\s{{0,9}}[:=.]\s{{0,9}}(\\{{0,7}}["']|)(\+?[\d ().-]{{6,20}}\d)(?![\w-])""",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\+?[\d ().-]{6,20}\d")


def find_phones(text: str, start: int, end: int) -> Iterator[Span]:
    for found in matches(_PHONE, text, start, end):
        yield Span(*found.span(), REDACTED)


def _find_keyed(text: str, start: int, end: int) -> Span | None:
    found = _KEYED.match(text, start)
    if found is None:
        return None
    # A bare number becomes text, in the quotes of its key, so that JSON stays JSON.
    quote, opened, _ = found.groups()
    return Span(*found.span(3), REDACTED if opened else f"{quote}{REDACTED}{quote}")


CLUES: Mapping[str, Find] = dict.fromkeys(
    ("phone", "mobile", "msisdn", "whatsapp", *(f"{word}{end}" for word in ("tel", "fax") for end in "\"'\\:=._")),
    _find_keyed,
)


def names_phone(key: str) -> bool:
    """Whether digits under *key* are a phone number by its name."""
    return _NAMES_PHONE.search(key) is not None


def without_number(value: str) -> str | None:
    """What to put for the *value* of a key that names a phone, if it is a number."""
    return REDACTED if _NUMBER.fullmatch(value) else None
