"""Finds e-mail addresses."""

import re
from collections.abc import Iterable, Iterator

from telemetry.redaction.stretches import Span

REDACTED = "[email]"
# The lengths are those of RFC 5321 (4.5.3.1), which also keep the search linear.
_EMAIL = re.compile(
    r"(?<![\w.%+-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,63}(?![\w-])"
)
# A quote or a brace may stand before an address, though its first part could hold one.
_BEFORE = re.compile(r"""['"`{|=/]*""")


def find_emails(text: str) -> Iterable[Span]:
    return _spans(text) if "@" in text else ()


def _spans(text: str) -> Iterator[Span]:
    for found in _EMAIL.finditer(text):
        if found[0].startswith("git@") and text[found.end() : found.end() + 1] == ":":
            continue  # the address of a repository
        before = _BEFORE.match(text, found.start(), found.end())
        yield Span(before.end() if before else found.start(), found.end(), REDACTED)
