"""One model call told of twice: by a framework, and by the client that it uses, a span below it.

The outer span's tokens are those of the calls within it, so they are taken out of its columns
(``semconv.USAGE_IS_A_SUM``), also where it came first and is stored (``telemetry.cost.correcting``). A call inside
a tool or an agent is its own: what is around that does not count it. Plain spans may stand between the two, and
each of all these may come in a request of its own, in whatever order.
"""

import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from telemetry import semconv as sc
from telemetry.cost.spans import SUMS_OF_CALLS, cached_tokens, without_tokens
from telemetry.spans.rows import SpanRow

# Nobody looks through more spans than so many between two calls.
MOST_STEPS = 8
# Inner and outer call may be sent in two requests, mostly the inner one first: so many of each are remembered, and
# of the spans between.
REMEMBERED = 20_000
_BORDERS = SUMS_OF_CALLS | {sc.OPERATION_EXECUTE_TOOL}


# A span of one sender's, for nobody's calls are within another's: trace, span, origin and key. A plain tuple of
# numbers and texts: made and looked up for every span that is stored.
Place = tuple[int, int | None, str, str]
# Tokens of the input as told and with those that a cache gave or took, and of the output.
Usage = tuple[int, int, int]
Key = tuple[datetime, uuid.UUID, int]


class Marked(NamedTuple):
    """Rows to store, and the keys of those stored before that are known by now to tell of calls within them."""

    rows: list[SpanRow]
    stored: list[Key]


class Seen(NamedTuple):
    """A call that counts, as long as nothing else is known of it."""

    key: Key
    usage: Usage


class Inner(NamedTuple):
    """A call within others, and how many plain spans it has passed to where it is remembered."""

    usage: Usage
    passed: int


class Nested:
    """The model calls that a process has seen lately, by their spans and by those that they are within.

    A call is remembered under the nearest span around it that is not known to be a plain one: a call, or one that
    has not come. Where that turns out to be plain it is remembered under the next one too.
    """

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._within: OrderedDict[Place, dict[int, Inner]] = OrderedDict()
        self._seen: OrderedDict[Place, Seen] = OrderedDict()
        self._between: OrderedDict[Place, int] = OrderedDict()  # plain spans, and what is around each
        self._lock = threading.Lock()

    def marked(self, rows: Sequence[SpanRow]) -> Marked:
        """*rows*, those without tokens that only tell of the calls within them."""
        calls = [row for row in rows if _is_call(row)]
        plain = [row for row in rows if _may_be_between(row)]
        if not calls and not plain:
            return Marked(list(rows), [])
        with self._lock:
            around = {*self._join(plain), *self._put_within(calls)}
            sums = {id(row): _place(row, row.span_id) for row in calls if self._is_sum(row)}
            stored = self._stored_sums({*around, *sums.values()})
            self._see(row for row in calls if id(row) not in sums)
        return Marked([_as_sum(row) if id(row) in sums else row for row in rows], stored)

    def corrected(self, stored: Iterable[Key]) -> None:
        """Forget calls whose tokens are out of all counts."""
        keys = set(stored)
        with self._lock:
            for place in [place for place, seen in self._seen.items() if seen.key in keys] if keys else ():
                del self._seen[place]

    def _join(self, plain: Sequence[SpanRow]) -> list[Place]:
        """Remember spans that may stand between two calls; those around calls that have waited for them.

        What has waited stays where it is: the same spans come again where they could not be stored.
        """
        places = {_place(row, row.span_id): row.parent_span_id for row in plain}
        for place, parent in places.items():
            if parent is not None:
                self._between[place] = parent
                self._between.move_to_end(place)
        waited = [(place, each) for place in places for each in self._within.get(place, {}).items()]
        return [outer for place, (span_id, inner) in waited if (outer := self._put(place, span_id, inner))]

    def _put_within(self, calls: Sequence[SpanRow]) -> list[Place]:
        """Remember *calls* by the spans that they are within; those spans."""
        parents = ((row, _place(row, row.parent_span_id)) for row in calls if row.parent_span_id is not None)
        put = (self._put(parent, row.span_id, Inner(_usage(row), 0)) for row, parent in parents)
        return [outer for outer in put if outer]

    def _put(self, place: Place, span_id: int, inner: Inner) -> Place | None:
        """Remember the call under the first span from *place* on not known as plain; None: there is none."""
        passed = inner.passed
        while (parent := self._between.get(place)) is not None:
            place, passed = (place[0], parent, *place[2:]), passed + 1
            if passed == MOST_STEPS:
                return None
        if place[1] == span_id:  # its own parent, by a sender's mistake
            return None
        self._within.setdefault(place, {})[span_id] = Inner(inner.usage, passed)
        self._within.move_to_end(place)
        return place

    def _stored_sums(self, places: Iterable[Place]) -> list[Key]:
        """The calls at *places* that an earlier request brought as calls of their own, and that are none."""
        seen = ((place, self._seen.get(place)) for place in places)
        return [each.key for place, each in seen if each is not None and self._tells_of(place, each.usage)]

    def _see(self, calls: Iterable[SpanRow]) -> None:
        for row in calls:
            place = _place(row, row.span_id)
            self._seen[place] = Seen((row.start_time, row.trace_id, row.span_id), _usage(row))
            self._seen.move_to_end(place)
        oldest: OrderedDict[Place, Any]
        for oldest in (self._within, self._seen, self._between):
            while len(oldest) > self._remembered:
                oldest.popitem(last=False)

    def _is_sum(self, row: SpanRow) -> bool:
        return self._tells_of(_place(row, row.span_id), _usage(row))

    def _tells_of(self, place: Place, own: Usage) -> bool:
        """Whether tokens of *own* at *place* are those of a call within it, or of all of them."""
        inner = self._within.get(place)
        if not inner:
            return False
        told = [each.usage for each in inner.values()]
        return any(_alike(own, each) for each in (*told, _added(told)))


def _is_call(row: SpanRow) -> bool:
    return (row.output_tokens or row.input_tokens or 0) > 0 and row.series.operation not in _BORDERS


def _may_be_between(row: SpanRow) -> bool:
    return row.parent_span_id is not None and row.series.operation not in _BORDERS and not _is_call(row)


def _usage(row: SpanRow) -> Usage:
    given = row.input_tokens or 0
    return given, given + sum(cached_tokens(row.attributes)), row.output_tokens or 0


def _alike(one: Usage, other: Usage) -> bool:
    """Whether they are of one call. A guard's within a gateway's may have as much output, but not input too.

    Of the input some leave out what a prompt cache gave.
    """
    return one[2] == other[2] and not {one[0], one[1]}.isdisjoint(other[:2])


def _added(told: Sequence[Usage]) -> Usage:
    given, with_cached, said = zip(*told, strict=True)
    return sum(given), sum(with_cached), sum(said)


def _place(row: SpanRow, span_id: int | None) -> Place:
    series = row.series
    return row.trace_id.int, span_id, series.origin, series.api_key


def _as_sum(row: SpanRow) -> SpanRow:
    told = without_tokens(row)
    return replace(told, attributes={**told.attributes, sc.USAGE_IS_A_SUM: True})
