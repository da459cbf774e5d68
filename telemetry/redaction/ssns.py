"""Finds social security numbers of the United States, as they are written: 123-45-6789.

Without dashes they look as any nine digits do; then only their key tells, which names a secret.
"""

import re
from collections.abc import Iterator, Mapping

from telemetry.redaction.numbers import matches
from telemetry.redaction.stretches import Find, Span

REDACTED = "[ssn]"
CHARS = 11
# No number has 000, 666 or 9.. for its area, nor a group of zeros.
_SSN = re.compile(r"(?<![\w.+-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])")


# Behind what it is, groups may have spaces between them.
_NAMED = re.compile(
    r"""ssn(?:["']|\b)(?: number| no\.?)?(?:\s{0,3}[:=]| is)?\s{0,3}["']?(\d{3} \d{2} \d{4})(?![\w-])""",
    re.IGNORECASE,
)


def _find_named(text: str, start: int, end: int) -> Span | None:
    found = _NAMED.match(text, start)
    return Span(*found.span(1), REDACTED) if found else None


CLUES: Mapping[str, Find] = {"ssn": _find_named}


def find_ssns(text: str, start: int, end: int) -> Iterator[Span]:
    if end - start >= CHARS:
        for found in matches(_SSN, text, start, end):
            yield Span(*found.span(), REDACTED)
