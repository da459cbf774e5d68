"""Which spans tell of the same tool call, and which of them is believed. Pure.

Both are told by the set of the spans alone, never by the order in which they came: whatever comes when, the same
one counts in the end.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from telemetry.dictionaries.name_cardinality import OTHER
from telemetry.semconv import FAILED, SUCCEEDED, Origin, Outcome
from telemetry.spans.rows import SeriesKey
from telemetry.spans.tool_names import Named, is_same_tool, plain, prefix_of

Key = tuple[datetime, uuid.UUID, int]
Id = tuple[uuid.UUID, int]  # of a span: several may claim one
Below = Mapping[Id, list["Witness"]]
SERVER, CLIENT = 2, 3  # kinds of spans
# A client's span of a framework, one of its library and the server's lie below each other.
LAYERS = 4
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
    server: str = ""  # what an MCP span says that its server is called
    series: SeriesKey
    # So many spans that are no calls lie between it and its parent here (telemetry.witnesses.steps).
    steps: int = 0
    moved: bool = False  # its parent is another than is stored
    # As it is stored so far: where in the table of witnesses, where only as a span, where not at all.
    known: bool = False
    is_new: bool = False

    @property
    def key(self) -> Key:
        return self.start_time, self.trace_id, self.span_id


def calls_of(witnesses: Iterable[Witness]) -> list[list[Witness]]:
    """*witnesses* by the call that they tell of, each call from its outermost span on in one order."""
    ordered = sorted(witnesses, key=lambda each: each.key)
    by_id = _by_id(ordered)
    told_below = defaultdict[Id, list[Witness]](list)
    for each in ordered:
        if each.mcp and each.parent_span_id is not None:
            told_below[each.trace_id, each.parent_span_id].append(each)
    above: dict[Key, Witness] = {}
    below = defaultdict[Key, list[Witness]](list)
    for each in ordered:
        for parent in _parents(each, by_id):
            if of_one_call(parent, each, told_below) and _is_free(each, parent, above):
                above[each.key] = parent
                below[parent.key].append(each)
                break
    return [_whole(each, below) for each in ordered if each.key not in above]


def near_others(witnesses: Sequence[Witness]) -> set[Key]:
    """Those above or below another that may tell of the same call, once its server is known."""
    by_id = _by_id(witnesses)
    pairs = ((parent, each) for each in witnesses for parent in _parents(each, by_id) if may_be_one(parent, each))
    return {one.key for pair in pairs for one in pair}


def may_be_one(parent: Witness, child: Witness) -> bool:
    """Whether one of them tells of MCP, and both came through the same door with the same key.

    Nobody takes a call out of what others count.
    """
    one, other = parent.series, child.series
    return (one.origin, one.api_key) == (other.origin, other.api_key) and (parent.mcp or child.mcp)


def of_one_call(parent: Witness, child: Witness, below: Below) -> bool:
    """Whether *child*, below *parent*, tells of the same call: one of them by MCP, of the same tool."""
    if not may_be_one(parent, child):
        return False
    one, other = parent.series, child.series
    ends = one.tool.casefold(), other.tool.casefold()
    if Named.NOT in (parent.named, child.named) or OTHER in (one.tool, other.tool):
        return True
    if parent.mcp and child.mcp and (one.kind, other.kind) == (CLIENT, SERVER):
        # The two ends of one request: what is put before the name on one of them names the server.
        return is_same_tool(*ends) or bool(prefix_of(*sorted(ends, key=len)))
    return is_same_tool(*ends, partial(_servers, parent, child, below))


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


def _by_id(witnesses: Iterable[Witness]) -> Below:
    found = defaultdict[Id, list[Witness]](list)
    for each in witnesses:
        found[each.trace_id, each.span_id].append(each)
    return found


def _parents(child: Witness, by_id: Below) -> Iterator[Witness]:
    if child.parent_span_id is not None:
        for parent in by_id.get((child.trace_id, child.parent_span_id), ()):
            if parent is not child:
                yield parent


def _servers(parent: Witness, child: Witness, below: Below) -> set[str]:
    """The servers that are known to be asked: as *parent*, *child* and those below it of the same tool say.

    A server that asks another has a name of its own, which says nothing of the other's tools.
    """
    asks_another = (parent.series.kind, child.series.kind) == (SERVER, CLIENT)
    found, layer = set() if asks_another else _said(parent), [child]
    for _ in range(LAYERS):
        for each in layer:
            found |= _said(each)
        layer = [
            inner
            for each in layer
            for inner in below.get((each.trace_id, each.span_id), ())
            if may_be_one(each, inner) and inner.series.tool.casefold() == child.series.tool.casefold()
        ][:MOST_DEEP]
    return found


def _said(witness: Witness) -> set[str]:
    """What an MCP span says its server is called; a server's own span also by its service."""
    if not witness.mcp:
        return set()
    names = (witness.server, witness.series.service if witness.series.kind == SERVER else "")
    return {name for name in map(plain, names) if name}


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
