"""Looks for many words in one pass over a text (Aho and Corasick): most texts hold none of them."""

from collections.abc import Iterator, Mapping

import ahocorasick_rs

from telemetry.redaction.spans import Find, Span


class Clues:
    """Words in lower case, and who is to look closer where one of them stands."""

    def __init__(self, finds: Mapping[str, Find]) -> None:
        self._finds = [*finds.values()]
        self._words = ahocorasick_rs.AhoCorasick(
            [*finds], store_patterns=False, implementation=ahocorasick_rs.Implementation.DFA
        )

    def spans(self, text: str) -> Iterator[Span]:
        """What is found in *text*, in its order, once."""
        at = 0
        for clue, start, end in self._words.find_matches_as_indexes(lower(text), overlapping=True):
            if start < at:
                continue  # inside of what was found
            span = self._finds[clue](text, start, end)
            if span is not None and span.end > at:
                at = span.end
                yield span


def lower(text: str) -> str:
    """*text* with A to Z in lower case: as long as it was, and many times faster than ``lower`` outside ASCII."""
    if text.isascii():
        return text.lower()
    # Half a character cannot be written: a question mark takes its place.
    return text.encode("utf-8", "replace").lower().decode()
