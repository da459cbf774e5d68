"""Finds phone numbers: international ones, and national ones by how their groups are written.

Plain digits are left alone, as order numbers and times look the same, unless their key says what they are.
"""

import re

REDACTED = "[phone]"
_INTERNATIONAL = r"(?:\+|\b00)[1-9](?:[ ().-]{0,2}\d){6,13}"
_NORTH_AMERICAN = r"(?:\b1[ .-])?(?:\([2-9]\d{2}\) ?|\b[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}"
_TRUNK_PREFIX = r"\b0\d{1,4}[ /-]\d{3,4}(?:[ -]?\d{2,4}){1,2}"
_PHONE = re.compile(rf"(?<![\w.+-])(?:{_INTERNATIONAL}|{_NORTH_AMERICAN}|{_TRUNK_PREFIX})(?![\w-])")
_KEYED = re.compile(
    r"""((?:phone|mobile|msisdn|whatsapp)(?:_?(?:number|no|nr))?(\\{0,7}["'])\s{0,9}:\s{0,9})"""
    r"""(\\{0,7}["']|)\+?[\d ().-]{6,20}\d""",
    re.IGNORECASE,
)
_WORDS = ("phone", "mobile", "msisdn", "whatsapp")


def find_keyed_phones(text: str, lower: str) -> str:
    for word in _WORDS:
        if word in lower:
            return _KEYED.sub(_keyed, text)
    return text


def without_phones(piece: str) -> str:
    return _PHONE.sub(REDACTED, piece)


def _keyed(found: re.Match[str]) -> str:
    # A bare number becomes text, in the quotes of its key, so that JSON stays JSON.
    before, quote, opened = found.groups()
    return f"{before}{opened}{REDACTED}" if opened else f"{before}{quote}{REDACTED}{quote}"
