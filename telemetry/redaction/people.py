"""Finds names of people, with probablepeople, which ships its model: words in capitals that it takes for a person.

It knows names written with Latin letters, of two words and more; a company called like a person is taken for one.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from telemetry.redaction.stretches import Span

REDACTED = "[name]"
NEEDS = "probablepeople"
_FIRST = r"[A-ZÀ-ÖØ-Þ][^\W\d_A-Z]*(?:['’-][A-ZÀ-ÖØ-Þ]?[^\W\d_]+)*"
_PARTICLE = r"(?:van|von|de|der|den|da|di|del|du|la|le|bin|al|el|ter|zu)"
# Some words that begin with a capital, one space between them; at most six, which bounds what is asked about.
_PARTICLES = rf"(?: {_PARTICLE}){{0,2}}"
_CANDIDATE = re.compile(rf"(?<![\w@.-]){_FIRST}\.?{_PARTICLES}(?: {_FIRST}\.?{_PARTICLES}){{0,4}} {_FIRST}")
# Beginnings of sentences and of lines.
_NOT_FIRST = re.compile(
    r"(?:The|This|That|Dear|Hello|Hi|Hey|Ask|Call|Tell|Meet|Contact|With|From|For|And|But|Or|To|Is|Has|If|When|Please|"
    r"Thanks|Regards|Customer|Client|Contact|Name|User|Best|By|At|In|On|An|As|My|Our|Your|His|Her|Let|Send) "
)


def find_names(text: str) -> Iterator[Span]:
    for found in _CANDIDATE.finditer(text):
        start, end = found.span()
        while not_first := _NOT_FIRST.match(text, start, end):
            start = not_first.end()
        if " " in (name := text[start:end]) and _is_person(name):
            yield Span(start, end, REDACTED)


@lru_cache(16_384)
def _is_person(name: str) -> bool:
    import probablepeople

    try:
        parts, kind = probablepeople.tag(name)
    except probablepeople.RepeatedLabelError:
        return False
    return kind == "Person" and "Surname" in parts and ("GivenName" in parts or "FirstInitial" in parts)
