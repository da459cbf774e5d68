"""Which spans tell of the same tool call, and which of them is believed. Pure.

Both are told by the set of the spans alone, never by the order in which they came: whatever comes when, the same
one counts in the end.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from telemetry.rows import Named, SeriesKey
from telemetry.semconv import FAILED, SUCCEEDED, Origin, Outcome
from telemetry.words import OTHER

Key = tuple[datetime, uuid.UUID, int]
# So many spans may tell of one call below each other.
MOST_DEEP = 32
# Who says this saw more than one try, or none.
LADDER = frozenset({Outcome.AFTER_RETRY, Outcome.AFTER_FALLBACK, Outcome.FROM_CACHE})


@dataclass(slots=True, kw_only=True, eq=False)
class Witness:
    """What one span says of a call: the columns of ``telemetry.models.Witness``, and the words of its series."""

    start_time: datetime
    trace_id: uuid.UUID
    span_id: int
    parent_span_id: int | None
    duration_ms: float
    fingerprint: int | None
    stored_at: datetime | None
    status: int
    attempts: int
    named: int
    mcp: bool
    told: bool
    counted: bool
    outcome: str
    series: SeriesKey
    # As it is stored so far: where in the table of witnesses, where only as a span, where not at all.
    known: bool = False
    is_new: bool = False

    @property
    def key(self) -> Key:
        return self.start_time, self.trace_id, self.span_id


def calls_of(witnesses: Iterable[Witness]) -> list[list[Witness]]:
    """*witnesses* by the call that they tell of, each call from its outermost span on in one order."""
    ordered = sorted(witnesses, key=lambda each: each.key)
    by_id = defaultdict[tuple[uuid.UUID, int], list[Witness]](list)
    for each in ordered:
        by_id[each.trace_id, each.span_id].append(each)
    above: dict[Key, Witness] = {}
    below = defaultdict[Key, list[Witness]](list)
    for each in ordered:
        if each.parent_span_id is None:
            continue
        for parent in by_id.get((each.trace_id, each.parent_span_id), ()):
            if parent is not each and of_one_call(parent, each) and _is_free(each, parent, above):
                above[each.key] = parent
                below[parent.key].append(each)
                break
    return [_whole(each, below) for each in ordered if each.key not in above]


def of_one_call(parent: Witness, child: Witness) -> bool:
    """Whether *child*, directly below *parent*, tells of the same call: one of them by MCP, of the same tool.

    And through the same door with the same key: nobody takes a call out of what others count.
    """
    one, other = parent.series, child.series
    if (one.origin, one.api_key) != (other.origin, other.api_key) or not (parent.mcp or child.mcp):
        return False
    unnamed = Named.NOT in (parent.named, child.named) or OTHER in (one.tool, other.tool)
    return unnamed or is_same_tool(one.tool, other.tool)


def is_same_tool(one: str, other: str) -> bool:
    """Whether two names mean one tool: ``weather_forecast`` is ``forecast`` of a server called weather."""
    short, long = sorted((one.casefold(), other.casefold()), key=len)
    if short == long:
        return True
    return bool(short) and long.endswith(short) and not long[-len(short) - 1].isalnum()


def believed(call: Sequence[Witness]) -> Witness:
    """The one of *call* (as ``calls_of`` gives it) that knows most of how it ended.

    Of several tries below one span the last tells. Of what is left, who saw all tries is believed first, then who
    saw a failure, who says why, who names the tool, and at last the outermost: it saw most of the time.
    """
    last = {each.parent_span_id: each for each in sorted(call[1:], key=lambda each: each.key)}
    line = [call[0]]
    while (tried := last.get(line[-1].span_id)) is not None and len(line) < len(call):
        line.append(tried)
    return max(enumerate(line), key=lambda placed: (*_knowledge(placed[1]), -placed[0]))[1]


def _knowledge(witness: Witness) -> tuple[int, bool, int]:
    failed = witness.outcome in FAILED
    if witness.outcome in LADDER or (witness.series.origin == Origin.OWN and not witness.mcp):
        saw = 3
    else:
        saw = 2 if failed else 0 if witness.outcome in SUCCEEDED else 1
    return saw, failed and witness.told, witness.named


def _is_free(child: Witness, parent: Witness, above: dict[Key, Witness]) -> bool:
    """Whether *child* may be put below *parent*: it does not stand above it already, nor at an endless depth."""
    at: Witness | None = parent
    for _ in range(MOST_DEEP):
        if at is None:
            return True
        if at is child:
            return False
        at = above.get(at.key)
    return False


def _whole(first: Witness, below: dict[Key, list[Witness]]) -> list[Witness]:
    found = [first]
    for each in found:
        found += below.get(each.key, ())
    return found
