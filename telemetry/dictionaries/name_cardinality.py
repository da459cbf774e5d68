"""Keeps names that a sender makes up from filling the series and the rollups, which are never deleted.

Each sender, a key and the door it used, has an allowance of its own: so many names of a kind in a month, and so
many new series an hour and process. Of what is beyond, the words become ``_other`` and are kept as attributes of
the spans. The names of tools that are registered here, and are run here, are no invention and never counted.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db import connection

from telemetry import semconv as sc
from telemetry.dictionaries.lookup import SERIES
from telemetry.errors import grouping
from telemetry.process.counters import counters
from telemetry.spans.rows import SeriesKey, SpanRow

logger = logging.getLogger(__name__)

NEW_AN_HOUR = 2_000
HOUR_S = 3600.0
NAMES_OF_A_SENDER = 500
NAMES_DAYS = 30
# Other processes admit names too: so old may be what this one knows of them.
KNOWN_FOR_S = 60.0
OTHER = "_other"
# The words that senders invent, and the attribute that each came from.
INVENTED = {
    "operation": sc.OPERATION_NAME,
    "tool": sc.TOOL_NAME,
    "provider": sc.PROVIDER_NAME,
    "model": sc.REQUEST_MODEL,
    "prompt_version": sc.PROMPT_VERSION,
    "caller_role": sc.CALLER_ROLE,
    "agent": sc.AGENT_NAME,
    "service": "salesboost.service.name",
}
# Those that callers of our own tools may claim; the others our processes give.
CLAIMED = ("provider", "model", "prompt_version", "caller_role", "agent")
# What the pages ask for by name stays.
OPERATIONS = frozenset(
    {sc.OPERATION_EXECUTE_TOOL, sc.MCP_TOOLS_CALL, "chat", "embeddings", "text_completion", *sc.AGENT_OPERATIONS}
)
_KNOWN = " UNION ALL ".join(
    f"SELECT '{word}', {word}, min(first_seen_at) > now() - interval '{NAMES_DAYS} days' FROM telemetry_series "
    f"WHERE origin = %(origin)s AND api_key = %(api_key)s GROUP BY {word}"
    for word in INVENTED
)


class Sender(NamedTuple):
    """Who brings names: by which door, with which key."""

    origin: str
    api_key: str

    @classmethod
    def of(cls, series: SeriesKey) -> "Sender":
        return cls(series.origin, series.api_key)


def invented(series: SeriesKey) -> dict[str, str]:
    """The words of *series* that its sender may have made up, by what they are."""
    words: Iterable[str] = CLAIMED if series.origin == sc.Origin.OWN else INVENTED
    said = {word: getattr(series, word) for word in words}
    return {word: name for word, name in said.items() if name and name != OTHER and name not in OPERATIONS}


@dataclass(slots=True)
class Known:
    """The names of one kind that a sender has brought, and how many of them in the last NAMES_DAYS."""

    names: set[str] = field(default_factory=set)
    lately: int = 0

    def admits(self, name: str, most: int) -> bool:
        """Whether *name* is known, or one of *most* that may be new; from now on it is known."""
        if name in self.names:
            return True
        if self.lately >= most:
            return False
        self.names.add(name)
        self.lately += 1
        return True


class Names:
    """The names that senders may still bring."""

    def __init__(self, most: int = NAMES_OF_A_SENDER, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._known: dict[Sender, tuple[float, defaultdict[str, Known]]] = {}
        self._forgotten = SERIES.forgotten

    def limit(self, rows: Sequence[SpanRow]) -> None:
        """Replace those names of *rows* that are new and too many."""
        new = SERIES.unknown({row.series for row in rows})
        beyond = {series: words for series in new if (words := self._beyond(series))}
        _rename_all(rows, beyond, f"{self._most} names of a kind in {NAMES_DAYS} days")

    def _beyond(self, series: SeriesKey) -> list[str]:
        """The words of *series* that hold a name too many."""
        said = invented(series)
        known = self._of(Sender.of(series)) if said else {}
        return [word for word, name in said.items() if not known[word].admits(name, self._most)]

    def _of(self, sender: Sender) -> defaultdict[str, Known]:
        now = self._clock()
        if self._forgotten != SERIES.forgotten:
            self._known, self._forgotten = {}, SERIES.forgotten
        read_at, known = self._known.get(sender, (float("-inf"), defaultdict(Known)))
        if now - read_at > KNOWN_FOR_S:
            known = _stored_names(sender)
            self._known[sender] = (now, known)
        return known


def _stored_names(sender: Sender) -> defaultdict[str, Known]:
    found: defaultdict[str, Known] = defaultdict(Known)
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, sender._asdict())
        for word, name, is_late in cursor.fetchall():
            found[word].names.add(name)
            found[word].lately += bool(is_late and name and name != OTHER and name not in OPERATIONS)
    return found


class NewSeries:
    """The series that one process may still add in this hour, of each sender."""

    def __init__(self, most: int = NEW_AN_HOUR, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._left: dict[Sender, int] = {}
        self._since = clock()

    def limit(self, rows: Sequence[SpanRow]) -> None:
        """Replace the words of those *rows* that would make more new series than may be made."""
        new: defaultdict[Sender, list[SeriesKey]] = defaultdict(list)
        for series in SERIES.unknown({row.series for row in rows}):
            new[Sender.of(series)].append(series)
        for sender, found in new.items():
            beyond = {series: list(invented(series)) for series in found[self._taken(sender, len(found)) :]}
            _rename_all(rows, beyond, f"{self._most} new series an hour")

    def _taken(self, sender: Sender, wanted: int) -> int:
        now = self._clock()
        if now - self._since >= HOUR_S:
            self._left, self._since = {}, now
        left = self._left.get(sender, self._most)
        self._left[sender] = left - min(wanted, left)
        return min(wanted, left)


def _rename_all(rows: Sequence[SpanRow], beyond: dict[SeriesKey, list[str]], limit: str) -> None:
    renamed = [row for row in rows if beyond.get(row.series)] if beyond else []
    for row in renamed:
        rename(row, beyond[row.series])
    if renamed:
        counters().add(renamed=len(renamed))
        logger.warning("%d spans have names beyond %s of their sender: %r", len(renamed), limit, OTHER)


def rename(row: SpanRow, words: Collection[str]) -> None:
    """Call *row* ``_other`` in those *words*, and keep what they said as attributes."""
    row.own_name = row.name
    # A model whose name is longer than its word has it among its attributes already.
    row.attributes = {**{INVENTED[word]: getattr(row.series, word) for word in words}, **row.attributes}
    row.series = SeriesKey(**{**row.series._asdict(), **dict.fromkeys(words, OTHER)})
    if row.fingerprint is not None:
        # Else each name would be a group of errors of its own.
        ending = {name: getattr(row, name) for name in ("status", "outcome", "error_type", "error_message")}
        row.fingerprint = grouping.group_of(row.series.tool, row.own_name, ending)
