"""Which words a tool call inherits: agent and session from above, provider and model from the chat that asked.

Only what is blank is filled, and only from spans that came through the same door with the same key. It is decided
by the set of the spans alone: what is stored is decided anew when more of its trace comes. Pure.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from telemetry import semconv as sc
from telemetry.attribution.inheritance import (
    Words,
    asked_by_in,
    hex_of,
    inherited_by,
    named_in,
    own_of,
    span_id_of,
)
from telemetry.spans.rows import SpanRow

# So far above a call is looked, and so many chats before it are searched for its id.
MOST_ABOVE, MOST_READ = 32, 16

Place = int | None


def wants(row: SpanRow) -> bool:
    """Whether *row* is a reported tool call that does not say who asked for it."""
    series = row.series
    return bool(
        row.outcome
        and series.origin == sc.Origin.REPORTED
        and not (series.agent and row.session_id and series.provider and series.model)
    )


def gives(row: SpanRow) -> bool:
    """Whether calls may inherit from *row*."""
    series = row.series
    return series.origin == sc.Origin.REPORTED and bool(series.agent or row.session_id or series.model)


def joins(row: SpanRow) -> bool:
    """Whether *row* may join what is above it to what is below: a call inherits through spans that say nothing."""
    return row.series.origin == sc.Origin.REPORTED and row.parent_span_id is not None


def inherited(rows: Iterable[SpanRow], known: Iterable[SpanRow] = ()) -> Iterator[tuple[SpanRow, Words]]:
    """Each tool call among *rows* that inherits something from others of them or of *known*, and what.

    And each of those *known* that inherits otherwise now than when it was stored.
    """
    # By numbers: a UUID's own hash takes longer than all else here.
    traces = defaultdict[tuple[int, str], tuple[list[SpanRow], list[SpanRow]]](lambda: ([], []))
    for place, spans in enumerate((rows, known)):
        for row in spans:
            series = row.series
            if series.origin == sc.Origin.REPORTED:
                traces[row.trace_id.int, series.api_key][place].append(row)
    for new, old in traces.values():
        if new and len(new) + len(old) > 1:
            yield from _of_trace(new, old)


def _of_trace(new: Sequence[SpanRow], old: Sequence[SpanRow]) -> Iterator[tuple[SpanRow, Words]]:
    # Nobody inherits what is inherited: it comes from farther above to both.
    before = [own_of(row) if row.outcome else row for row in old]
    calls = [row for row in new if wants(row)]
    heirs = [(row, own) for row, own in zip(old, before, strict=True) if wants(own)]
    if not calls and not heirs:
        return
    trace = Trace([*before, *new])
    for call in calls:
        words = trace.words_of(call)
        if any(words):
            yield call, words
    yield from _anew(heirs, trace, before)


def _anew(
    heirs: Iterable[tuple[SpanRow, SpanRow]], trace: "Trace", before: Sequence[SpanRow]
) -> Iterator[tuple[SpanRow, Words]]:
    """Those of the stored *heirs* (each with its own words alone) that inherit otherwise by *trace* than *before*.

    What was inherited is not lost. Nor is it exchanged where what it was taken from is not seen any more, for of a
    long trace not all is read; but for what a chat says that names the call.
    """
    earlier = None
    for row, own in heirs:
        had = inherited_by(row)
        words = trace.words_of(own).over(had)
        if words != had and words.asked_by == had.asked_by:
            earlier = earlier or Trace(before)
            if had.over(seen := earlier.words_of(own)) != seen:
                words = had.over(words)
        if words != had:
            yield row, words


@dataclass(slots=True)
class Chats:
    """Chats in the order in which they began."""

    times: list[datetime] = field(default_factory=list)
    rows: list[SpanRow] = field(default_factory=list)

    def add(self, row: SpanRow) -> None:
        self.times.append(row.start_time)
        self.rows.append(row)

    def before(self, moment: datetime, most: int = MOST_READ) -> Sequence[SpanRow]:
        """Those that began at *moment* or earlier, the last *most* of them; the last one first."""
        end = bisect_right(self.times, moment)
        return self.rows[max(0, end - most) : end][::-1]


class Trace:
    """The spans of one trace that one key sent."""

    def __init__(self, spans: Sequence[SpanRow]) -> None:
        self._by_id = {row.span_id: row for row in spans}
        chats = [row for row in spans if row.series.operation in sc.CHATS and row.series.model]
        self._chats: dict[int | None, SpanRow] = {row.span_id: row for row in chats}
        # Of the chats, those of which is kept what they said.
        self._heard = Chats()
        # Calls of one turn are below one span.
        self._lines: dict[Place, list[SpanRow]] = {}
        self._below = defaultdict[Place, Chats](Chats)
        for row in sorted(chats, key=_began):
            if row.messages:
                self._heard.add(row)
            for place in {row.span_id, *self._places(row)}:
                self._below[place].add(row)

    def words_of(self, call: SpanRow) -> Words:
        """What *call* does not say, and others do."""
        series, above = call.series, self._above(call)
        agent = "" if series.agent else _first(row.series.agent for row in above)
        session_id = "" if call.session_id else _first(row.session_id for row in above)
        if series.model:
            return Words(agent, session_id)
        named = self._named(call)
        if (asked := named or self._nearest(call, above)) is None:
            return Words(agent, session_id)
        provider = "" if series.provider else asked.series.provider
        return Words(agent, session_id, provider, asked.series.model, hex_of(named.span_id) if named else "")

    def _named(self, call: SpanRow) -> SpanRow | None:
        """The last chat before *call* whose output has its id: some count theirs anew in each answer."""
        if not call.tool_call_id or not (self._heard.rows or sc.ASKED_BY in call.attributes):
            return None
        known = self._chats.get(span_id_of(asked_by_in(call.attributes.get(sc.ASKED_BY))))
        for chat in self._heard.before(call.start_time):
            if known is not None and _began(chat) <= _began(known):
                break
            if _fits(call, chat) and named_in(chat.messages, call.tool_call_id):
                return chat
        return known

    def _nearest(self, call: SpanRow, above: Iterable[SpanRow]) -> SpanRow | None:
        """The chat nearest before *call* of the same agent; or who is above."""
        for place in self._places(call):
            for chat in self._below[place].before(call.start_time) if place in self._below else ():
                if _fits(call, chat):
                    return chat
        return next((row for row in above if row.series.model and not row.outcome and _fits(call, row)), None)

    def _above(self, row: SpanRow) -> list[SpanRow]:
        """The spans above *row*, the nearest first."""
        begin = place = row.parent_span_id
        if (found := self._lines.get(begin)) is not None:
            return found
        found = self._lines[begin] = []
        while place is not None and len(found) < MOST_ABOVE and (at := self._by_id.get(place)) is not None:
            found.append(at)
            place = at.parent_span_id
        return found

    def _places(self, row: SpanRow) -> Iterator[Place]:
        """The ids above *row* up to its agent's; without one up to the root, and None for the trace itself.

        A span that is not there ends them: nobody knows what is above it.
        """
        at = row
        for _ in range(MOST_ABOVE):
            place = at.parent_span_id
            yield place
            above = self._by_id.get(place) if place is not None else None
            if above is None or above.series.operation in sc.AGENT_OPERATIONS:
                return
            at = above


def _began(row: SpanRow) -> tuple[datetime, int]:
    return row.start_time, row.span_id


def _fits(call: SpanRow, row: SpanRow) -> bool:
    """Whether the model of *row* may be that of *call*: not of another provider than it says."""
    return call.series.provider in ("", row.series.provider)


def _first(said: Iterable[str]) -> str:
    return next(filter(None, said), "")
