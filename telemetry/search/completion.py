"""What could stand where somebody is typing: keys, then their values."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from telemetry.models import AttributeSet, Series, Span
from telemetry.search.facets import WORDS
from telemetry.search.guard import guarded
from telemetry.search.keys import BY_NAME, KEYS
from telemetry.search.kinds import nearest
from telemetry.search.tree import quoted

MOST = 20
STATEMENT_MS = 500
# From how many of the newest spans, and of the newest sets, attributes are known.
RECENT = 300
# Of values that are many: out of how many one that was meant is looked for.
KNOWN = 1_000
_KEYED = re.compile(r'(?P<key>[A-Za-z_][^\s()"<>=:!]*)(?::=|!=|:|=)(?P<value>"[^"]*|[^\s()"]*)$')
_WORD = re.compile(r'(?P<minus>-?)(?P<word>[^\s()"]*)$')
_PLAIN = re.compile(r"(?!(?:or|and|not)$)[\w.@/+-]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Completion:
    """Something to put in the place of the characters from *start* to *end* of the text.

    ``kind`` is "key", "value", or "correction": what was probably meant.
    """

    label: str
    insert: str
    start: int
    end: int
    kind: str
    help: str


def complete(text: str, at: int) -> list[Completion]:
    """What could stand at the place *at* of *text*, the likeliest first; at most MOST. Three queries at most."""
    typed = text[: max(at, 0)]
    if keyed := _KEYED.search(typed):
        return list(_values_of(keyed))[:MOST]
    word = _WORD.search(typed)
    return list(_keys_of(word["word"], word.start("word"), len(typed)))[:MOST] if word else []


def values(name: str, beginning: str = "") -> list[str]:
    """The values of the key *name* that are known, with *beginning* in them, those that start with it first.

    Of a key whose values are not known beforehand nor few: none. ``attr.x`` is the attribute x.
    """
    key = BY_NAME.get(name)
    known = list(key.kind.words) if key else []
    if key and key.name in WORDS:
        known = _of_series(WORDS[key.name], beginning)
    elif name.startswith("attr."):
        known = _of_attribute(name.removeprefix("attr."))
    return _matching(known, beginning)


def _keys_of(word: str, start: int, end: int) -> Iterator[Completion]:
    if word.startswith("attr."):
        for name in _matching(_attribute_names(), word.removeprefix("attr.")):
            yield Completion(name, f"attr.{name}:", start, end, "key", "an attribute")
        return
    low = word.lower()
    found = [key for key in KEYS if any(name.startswith(low) for name in (key.name, *key.aliases))]
    found.sort(key=lambda key: not key.name.startswith(low))
    meant = BY_NAME.get(nearest(low, list(BY_NAME))) if word and not found else None
    for key in [meant] if meant else found:
        insert = "attr." if key.name == "attr" else f"{key.name}:"
        yield Completion(key.name, insert, start, end, "correction" if meant else "key", key.help)


def _values_of(typed: re.Match[str]) -> Iterator[Completion]:
    name, value = typed["key"].lower(), typed["value"]
    start, end = typed.span("value")
    key = BY_NAME.get(name)
    if key is None and not name.startswith("attr."):
        meant = nearest(name, list(BY_NAME))
        if meant:
            yield Completion(meant, meant, *typed.span("key"), "correction", BY_NAME[meant].help)
        return
    known = key.kind.words if key else {}
    full_name = typed["key"] if key is None else name
    found = values(full_name, value.removeprefix('"'))
    meant = "" if found or not value else nearest(value, values(full_name))
    for word in [meant] if meant else found:
        insert = word if word in known or _PLAIN.fullmatch(word) else quoted(word)
        yield Completion(word, insert, start, end, "correction" if meant else "value", known.get(word, ""))


def _matching(known: Iterable[str], beginning: str) -> list[str]:
    low = beginning.lower()
    found = [word for word in known if low in word.lower()]
    return sorted(found, key=lambda word: not word.lower().startswith(low))


def _of_series(column: str, part: str) -> list[str]:
    found = Series.objects.exclude(**{column: ""}).filter(**{f"{column}__icontains": part})
    with guarded(STATEMENT_MS):
        return list(found.order_by(column).values_list(column, flat=True).distinct()[:KNOWN])


def _attribute_names() -> list[str]:
    return sorted({name for attributes in _recent_attributes() for name in attributes})


def _of_attribute(name: str) -> list[str]:
    found = {
        attributes[name] for attributes in _recent_attributes() if isinstance(attributes.get(name), str | int)
    }
    return sorted(str(value).lower() if isinstance(value, bool) else str(value) for value in found)


def _recent_attributes() -> list[Mapping[str, Any]]:
    with guarded(STATEMENT_MS):
        shared = AttributeSet.objects.order_by("-id").values_list("attributes", flat=True)[:RECENT]
        own = Span.objects.order_by("-start_time").values_list("own_attributes", flat=True)[:RECENT]
        return [attributes for attributes in (*shared, *own) if attributes]
