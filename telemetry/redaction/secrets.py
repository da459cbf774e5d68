"""Finds keys, tokens and passwords: by their shape, before the host of a URL, and by the name before them.

Names are those of ``telemetry.redaction.keys``. What follows a name tells how it is written: a quote in JSON and
Python, ``=`` in assignments, URLs and forms, a colon in header lines, YAML and logs, a space in command lines and
sentences, ``>`` in XML.
"""

import re
from collections.abc import Iterator, Mapping

from telemetry.redaction import codes, commands, shapes, urls
from telemetry.redaction.keys import NOUNS, PAIRS, PLURALS, QUALIFIERS
from telemetry.redaction.plain import find_assigned, find_behind_colon, find_behind_space, find_in_xml
from telemetry.redaction.quoted import VALUE_FIRST, find_quoted, find_value_first
from telemetry.redaction.stretches import Find, Span

_BY_NEXT: Mapping[str, Find] = {
    **dict.fromkeys("\"'`\\", find_quoted),
    **dict.fromkeys("=%", find_assigned),
    **dict.fromkeys(" \t", find_behind_space),
    ":": find_behind_colon,
    ">": find_in_xml,
}
# The name of a field of a form, as in `login[password]`.
_BRACKET = "]"
_REST = re.compile(r"[\w.$-]{0,64}")


def _find_behind_name(text: str, start: int, end: int) -> Span | None:
    """What stands behind the name of which a part stands from *start* to *end*."""
    rest = _REST.match(text, end)
    behind = rest.end() if rest else end
    return _decide(text, start, behind)


def _find_behind_noun(text: str, start: int, end: int) -> Span | None:
    """The same, where the clue ends with the character after the name."""
    return _decide(text, start, end - 1)


def _decide(text: str, start: int, behind: int) -> Span | None:
    char = text[behind : behind + 1]
    if char == _BRACKET and (char := text[behind + 1 : behind + 2]) != "=":
        behind += 1
    find = _BY_NEXT.get(char)
    return find(text, start, behind) if find else None


def _names() -> Iterator[tuple[str, Find]]:
    """Nouns with what ends a name: most prose and most other names that hold one are no clue then."""
    for noun in NOUNS:
        yield from ((f"{noun}{char}", _find_behind_noun) for char in (*_BY_NEXT, _BRACKET))
        yield from ((f"{noun}{more}", _find_behind_name) for more in (*"_-.0123456789", *QUALIFIERS))
    for last, firsts in PAIRS.items():
        for word in (last, *(plural for plural, singular in PLURALS.items() if singular == last)):
            yield from ((f"{first}{sep}{word}", _find_behind_name) for first in firsts for sep in ("", *"_-. "))


CLUES: Mapping[str, Find] = {
    **dict(_names()),
    **dict.fromkeys(VALUE_FIRST, find_value_first),
    **shapes.CLUES,
    **urls.CLUES,
    **commands.CLUES,
    **codes.CLUES,
}
