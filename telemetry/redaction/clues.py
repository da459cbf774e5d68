"""Looks for many words in one pass over a text (Aho and Corasick): most texts hold none of them."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import ahocorasick_rs

from telemetry.redaction.stretches import Find, Span


class Clues:
    """Words in lower case, and who is to look closer where one of them stands."""

    def __init__(self, finds: Mapping[str, Find]) -> None:
        self._finds = [*finds.values()]
        self._clues = [*finds]

    @cached_property
    def _words(self) -> ahocorasick_rs.AhoCorasick:
        # Made when first used: it is 3 MB, and 20 ms of work, and many a process never looks.
        return ahocorasick_rs.AhoCorasick(
            self._clues, store_patterns=False, implementation=ahocorasick_rs.Implementation.DFA
        )

    def spans(self, text: str) -> Iterable[Span]:
        """What is found in *text*, in its order, once."""
        found = self._words.find_matches_as_indexes(
            text.lower() if text.isascii() else lower(text), overlapping=True
        )
        return self._looked_at(text, found) if found else ()

    def _looked_at(self, text: str, found: list[tuple[int, int, int]]) -> Iterator[Span]:
        at = 0
        for clue, start, end in found:
            if start < at:
                continue  # inside of what was found
            span = self._finds[clue](text, start, end)
            if span is not None and span.end > at:
                at = span.end
                yield span


def lower(text: str) -> str:
    """*text* with A to Z in lower case: as long as it was, and many times faster than ``lower`` outside ASCII."""
    # Half a character cannot be written: a question mark takes its place.
    return text.encode("utf-8", "replace").lower().decode()
