"""Keeps names that a sender makes up from filling the series and the rollups, which are never deleted.

So many new series an hour each process may add; of those beyond, the words become ``_other`` and are kept as
attributes of the spans.
"""

import logging
import time
from collections.abc import Callable, Sequence

from telemetry import semconv as sc
from telemetry.counters import counters
from telemetry.dictionaries import SERIES
from telemetry.rows import SeriesKey, SpanRow

logger = logging.getLogger(__name__)

NEW_AN_HOUR = 2_000
HOUR_S = 3600.0
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
# What the pages ask for by name stays.
OPERATIONS = frozenset({sc.OPERATION_EXECUTE_TOOL, "chat", "embeddings", "text_completion", *sc.AGENT_OPERATIONS})


class NewSeries:
    """The series that one process may still add in this hour."""

    def __init__(self, most: int = NEW_AN_HOUR, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._left, self._since = most, clock()

    def limit(self, rows: Sequence[SpanRow]) -> None:
        """Replace the words of those *rows* that would make more new series than may be made."""
        new = SERIES.unknown({row.series for row in rows})
        if not new:
            return
        beyond = set(new[self._taken(len(new)) :])
        renamed = [row for row in rows if row.series in beyond]
        for row in renamed:
            rename(row)
        if renamed:
            counters().add(renamed=len(renamed))
            logger.warning("%d spans have names beyond %d new ones an hour: %r", len(renamed), self._most, OTHER)

    def _taken(self, wanted: int) -> int:
        now = self._clock()
        if now - self._since >= HOUR_S:
            self._left, self._since = self._most, now
        taken = min(wanted, self._left)
        self._left -= taken
        return taken


def rename(row: SpanRow) -> None:
    """Call *row* ``_other`` where it has a word that may be invented, and keep that word as an attribute."""
    said = {word: getattr(row.series, word) for word in INVENTED}
    words = {word: text for word, text in said.items() if text and text not in OPERATIONS}
    row.own_name = row.name
    row.attributes = {**row.attributes, **{INVENTED[word]: text for word, text in words.items()}}
    row.series = SeriesKey(**{**row.series._asdict(), **dict.fromkeys(words, OTHER)})
