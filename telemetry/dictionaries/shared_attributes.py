"""Which attributes spans share: those whose values repeat are stored once for all spans that have them alike.

Nobody says which these are (``server.address``, ``gen_ai.tool.type``): each process sees it. A name is shared
while it has had few, short values; once it had too many it stays with the spans, for ever.
"""

from collections.abc import Sequence
from typing import Any

from telemetry.semconv import ASKED_BY, VIOLATIONS
from telemetry.spans.rows import SpanRow
from telemetry.values.texts import sorted_json

# Values that a shared name may have had, and characters that they may have.
MOST_VALUES, MOST_CHARS = 64, 64
# Names looked at, and sets made, by a process.
MOST_NAMES, MOST_SETS = 4_096, 20_000
# What SQL looks for in a span's own attributes.
_OWN = frozenset({VIOLATIONS, ASKED_BY})


class Sharing:
    """What one process has seen of attributes."""

    def __init__(self, *, most_sets: int = MOST_SETS) -> None:
        self._values: dict[str, set[Any] | None] = dict.fromkeys(_OWN)
        self._sets: dict[tuple[Any, ...], str] = {}
        self._most_sets = most_sets

    def share(self, rows: Sequence[SpanRow]) -> None:
        """Move what *rows* share into their ``attribute_set``; what is in there already stays."""
        for row in rows:
            if row.attributes and not row.attribute_set:
                self._share(row)

    def _share(self, row: SpanRow) -> None:
        seen = self._values
        shared: dict[str, Any] = {}
        marks = []
        for name, value in row.attributes.items():
            if (values := seen.get(name, _UNSEEN)) is None:
                continue  # what was never shared is not even looked at
            if (mark := marked(value)) is not None and (mark in values or self._repeats(name, mark)):
                shared[name] = value
                marks.append(mark)
        if not shared:
            return
        key = (*shared, *marks)
        text = self._sets.get(key)
        if text is None:
            if len(self._sets) >= self._most_sets:
                return
            text = self._sets[key] = sorted_json(shared)
        row.attribute_set = text
        row.attributes = {name: value for name, value in row.attributes.items() if name not in shared}

    def _repeats(self, name: str, mark: Any) -> bool:
        values = self._values.get(name, _UNSEEN)
        if values is None:
            return False
        if values is _UNSEEN:
            if len(self._values) >= MOST_NAMES:
                return False
            self._values[name] = {mark}
        elif mark not in values:
            if len(values) >= MOST_VALUES:
                self._values[name] = None
                return False
            values.add(mark)
        return True


_UNSEEN: set[Any] = set()


def marked(value: Any) -> Any:
    """What tells *value* from others, and 1 from 1.0 and from true; None if it is too long to be shared."""
    kind = type(value)
    if kind is str:
        return value if len(value) <= MOST_CHARS else None
    # Python's own words for it are made in a tenth of the time that JSON takes.
    text = repr(value)
    return (kind, text) if len(text) <= MOST_CHARS else None
