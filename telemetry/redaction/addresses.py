"""Finds postal addresses of the United States, Canada and the United Kingdom, with pyap2.

It takes milliseconds where there may be one, so it is asked about what stands before a postal code, and no more.
"""

import re
from collections.abc import Iterator

from telemetry.redaction.stretches import Span

REDACTED = "[address]"
NEEDS = "pyap"
# How far before its end an address begins, and how many of a text are looked at.
REACH_CHARS, MOST = 140, 32
_CODE = re.compile(
    r"\b(?P<US>[A-Z]{2},? \d{5}(?:-\d{4})?)\b|\b(?P<CA>[A-Z]\d[A-Z] ?\d[A-Z]\d)\b"
    r"|\b(?P<GB>[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})\b"
)
_NUMBER_AND_STREET = re.compile(r"\d[\dA-Za-z/-]{0,6},? [^\W\d_]{2}")


def find_addresses(text: str) -> Iterator[Span]:
    import pyap

    behind = 0
    for code, _ in zip(_CODE.finditer(text), range(MOST), strict=False):
        begin, end = max(behind, code.start() - REACH_CHARS), code.end()
        behind = end
        if code.lastgroup and _NUMBER_AND_STREET.search(text, begin, code.start()):
            for found in pyap.parse(text[begin:end], country=code.lastgroup):
                # What it finds may begin with the space before it.
                length = len(text[begin + found.match_start : begin + found.match_end].lstrip())
                yield Span(begin + found.match_end - length, begin + found.match_end, REDACTED)
