"""Keeps resources that a sender makes up from filling the table of sources, of which nothing is ever deleted.

A resource is a process, and stands once for all its spans. A sender that puts something new into it with each
request (a request's id, a moment) would have a row for each: beyond its allowance only the service stays in the
resource, and what else was said goes with the span.
"""

import json
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from telemetry.dictionaries.lookup import SOURCES
from telemetry.dictionaries.name_cardinality import Sender
from telemetry.process.counters import counters
from telemetry.spans.finished import SERVICE_NAME, SourceKey
from telemetry.spans.rows import SpanRow
from telemetry.values.texts import sorted_json

logger = logging.getLogger(__name__)

NEW_A_DAY = 1_000
DAY_S = 86_400.0
REMEMBERED = 1_024


class NewSources:
    """The sources that one process may still add in this day, of each sender."""

    def __init__(self, most: int = NEW_A_DAY, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = most, clock
        self._taken: defaultdict[Sender, int] = defaultdict(int)
        self._since = clock()

    def limit(self, rows: Sequence[SpanRow]) -> None:
        """Leave of the sources of *rows* that are new and too many the service alone."""
        brought_by = {row.source: row.series for row in rows}
        new = SOURCES.unknown(brought_by)
        beyond = {source for source in new if not self._admits(Sender.of(brought_by[source]))} if new else ()
        if beyond:
            moved = [row for row in rows if row.source in beyond]
            for row in moved:
                _move(row)
            counters().add(renamed=len(moved))
            logger.warning("%d spans have resources beyond %d new ones of a day", len(moved), self._most)

    def _admits(self, sender: Sender) -> bool:
        now = self._clock()
        if now - self._since >= DAY_S:
            self._taken.clear()
            self._since = now
        if self._taken[sender] >= self._most:
            return False
        self._taken[sender] += 1
        return True


def _move(row: SpanRow) -> None:
    row.attributes = {**_said_by(row.source), **row.attributes}
    # The word of the series, which is bounded itself.
    service = {SERVICE_NAME: row.series.service} if row.series.service else {}
    row.source = SourceKey(resource=sorted_json(service))


@lru_cache(REMEMBERED)
def _said_by(source: SourceKey) -> dict[str, Any]:
    """What *source* says, as attributes of a span."""
    resource, scope = json.loads(source.resource), json.loads(source.scope_attributes)
    named = {"otel.scope.name": source.scope_name, "otel.scope.version": source.scope_version}
    return {
        **{f"resource.{name}": value for name, value in resource.items()},
        **{f"otel.scope.{name}": value for name, value in scope.items()},
        **{name: value for name, value in named.items() if value},
    }
