"""Finds one-time codes in messages that say them first: ``493021 is your login code``."""

import re
from collections.abc import Mapping

from telemetry.redaction.stretches import Find, Span

CHARS = 12
_CODE = re.compile(r"(?<![\w.-])(?:[A-Z]-)?(\d[\d -]{2,8}\d) \Z")
_SAYS = re.compile(
    r"(?:is|as|is the|as the|is a|as a)(?: your)?(?: [\w'-]{1,20}){0,3}? (?:code|otp|pin|passcode|password)\b",
    re.IGNORECASE,
)


def _find_before(text: str, start: int, end: int) -> Span | None:
    code = _CODE.search(text, max(0, start - CHARS), start)
    return Span(*code.span(1)) if code and _SAYS.match(text, start) else None


CLUES: Mapping[str, Find] = dict.fromkeys(("is your ", "as your "), _find_before)
