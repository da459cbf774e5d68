"""The stretches of a text that detectors find, and the text without them. (Spans of a trace are elsewhere.)"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

REDACTED = "[redacted]"


class Span(NamedTuple):
    """A stretch: from *start* up to *end* the text is to be *instead*."""

    start: int
    end: int
    instead: str = REDACTED


# Given a text and where a word of it starts and ends (``telemetry.redaction.clues``).
Find = Callable[[str, int, int], Span | None]


def replaced(text: str, spans: Iterable[Span]) -> str:
    """*text* with its *spans*, in their order, replaced; of one that starts in another, what is beyond that."""
    kept, at = [], 0
    for start, end, instead in spans:
        if end > at:
            kept += [text[at:start], instead] if start >= at else [instead]
            at = end
    return "".join([*kept, text[at:]]) if kept else text
