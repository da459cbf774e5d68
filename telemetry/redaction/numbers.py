"""Looks at those pieces of a text alone that hold many digits: most text holds none, and patterns cost time."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from telemetry.redaction.stretches import Span

# Given a text and where a piece of it starts and ends.
InNumber = Callable[[str, int, int], Iterable[Span]]
# Digits with what may stand between the groups of a card or phone number. It begins with a set of characters, for
# which `re` searches many times faster than for anything else.
_PIECE = re.compile(r"[+(\d][\d ()./-]{4,34}\d")
# The same five times faster, where there are no digits but these.
_ASCII_PIECE = re.compile(r"[+(0-9][0-9 ()./-]{4,34}[0-9]")


def in_numbers(text: str, finds: Sequence[InNumber]) -> Iterable[Span]:
    """What *finds* find in such pieces of *text*."""
    pattern = _ASCII_PIECE if text.isascii() else _PIECE
    return _spans(text, pattern, finds) if finds and pattern.search(text) else ()


def _spans(text: str, pattern: re.Pattern[str], finds: Sequence[InNumber]) -> Iterator[Span]:
    for piece in pattern.finditer(text):
        start, end = piece.span()
        for find in finds:
            yield from find(text, start, end)


def matches(pattern: re.Pattern[str], text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """Those of *pattern* in a piece; it sees what stands before the piece, and one character after it."""
    return pattern.finditer(text, start, end + 1)
