"""Which words a tool call inherits: agent and session from above, provider and model from the chat that asked.

Only what is blank is filled, and only from spans that came through the same door with the same key. Pure.
"""

import json
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from telemetry import semconv as sc
from telemetry.rows import SpanRow
from telemetry.texts import write_json

# What asks for tool calls.
CHATS = frozenset({"chat", "text_completion", "generate_content"})
# So far above a call is looked, and so many chats before it are searched for its id.
MOST_ABOVE, MOST_READ = 32, 16
# Under which a chat's output names the calls that it asks for: in JSON, in a text of it, or in Python's words.
IDS = (
    *("id", "ID", "call_id", "callId", "tool_call_id", "toolCallId", "tool_use_id", "toolUseId"),
    *("function_call_id", "functionCallId"),
)
NAMED = r"""(?<!\w)(?:{keys})\\*["']?\s*[:=]\s*\\*["']{id}\\*["']"""

Place = int | None


class Words(NamedTuple):
    """What a call inherits; blank: nothing."""

    agent: str = ""
    session_id: str = ""
    provider: str = ""
    model: str = ""

    @property
    def names(self) -> list[str]:
        """What of it there is, as ``semconv.INHERITED`` names it."""
        return [name for name, word in zip(_NAMES, self, strict=True) if word]


_NAMES = ("agent", "session", "provider", "model")


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


def inherited(rows: Iterable[SpanRow]) -> Iterator[tuple[SpanRow, Words]]:
    """Each tool call among *rows* that inherits something from others of them, and what."""
    # By numbers: a UUID's own hash takes longer than all else here.
    traces = defaultdict[tuple[int, str], list[SpanRow]](list)
    for row in rows:
        series = row.series
        if series.origin == sc.Origin.REPORTED:
            traces[row.trace_id.int, series.api_key].append(row)
    for spans in traces.values():
        calls = [row for row in spans if wants(row)]
        if calls and len(spans) > 1:
            trace = Trace(spans)
            for call in calls:
                words = trace.words_of(call)
                if any(words):
                    yield call, words


def names(messages: str, call_id: str) -> bool:
    """Whether the output in *messages* (as stored) asks for the call of that id; what it was given has many."""
    if call_id not in messages:
        return False
    try:
        output = json.loads(messages).get("output")
    except (ValueError, RecursionError, AttributeError):
        return False
    text = output if isinstance(output, str) else write_json(output)
    return re.search(NAMED.format(keys="|".join(IDS), id=re.escape(call_id)), text) is not None


@dataclass(slots=True)
class Chats:
    """Chats in the order in which they began."""

    times: list[datetime] = field(default_factory=list)
    rows: list[SpanRow] = field(default_factory=list)

    def add(self, row: SpanRow) -> None:
        self.times.append(row.start_time)
        self.rows.append(row)

    def before(self, moment: datetime, most: int) -> Sequence[SpanRow]:
        """Those that began at *moment* or earlier, the last *most* of them."""
        end = bisect_right(self.times, moment)
        return self.rows[max(0, end - most) : end]


class Trace:
    """The spans of one trace that one key sent."""

    def __init__(self, spans: Sequence[SpanRow]) -> None:
        self._by_id = {row.span_id: row for row in spans}
        # Of the chats, those of which is kept what they said.
        self._heard = Chats()
        self._below = defaultdict[Place, Chats](Chats)
        chats = [row for row in spans if row.series.operation in CHATS and row.series.model]
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
        provider = model = ""
        asked = None if series.model else self._asked(call, above)
        if asked is not None and series.provider in ("", asked.series.provider):
            model = asked.series.model
            provider = "" if series.provider else asked.series.provider
        return Words(agent, session_id, provider, model)

    def _asked(self, call: SpanRow, above: Sequence[SpanRow]) -> SpanRow | None:
        """The chat that asked for *call*: whose output has its id, else the nearest before it; or who is above."""
        if call.tool_call_id and self._heard.rows:
            # Some count their ids anew in each answer: the last that names it asked.
            for chat in reversed(self._heard.before(call.start_time, MOST_READ)):
                if names(chat.messages, call.tool_call_id):
                    return chat
        for place in self._places(call):
            if nearest := self._below[place].before(call.start_time, 1) if place in self._below else ():
                return nearest[0]
        return next((row for row in above if row.series.model and not row.outcome), None)

    def _above(self, row: SpanRow) -> list[SpanRow]:
        """The spans above *row*, the nearest first."""
        found: list[SpanRow] = []
        place = row.parent_span_id
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


def _began(row: SpanRow) -> datetime:
    return row.start_time


def _first(said: Iterable[str]) -> str:
    return next(filter(None, said), "")
