"""One model call told of twice: by a framework, and by the client that it uses, a span below it.

The outer span's tokens are those of the calls within it, so they are taken out of its columns
(``semconv.USAGE_IS_A_SUM``). A call inside a tool or an agent is its own: what is around that does not count it.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

from telemetry import semconv as sc
from telemetry.cost.spans import SUMS_OF_CALLS, cached_tokens, without_tokens
from telemetry.rows import SpanRow

# Nobody looks through more spans than so many between two calls.
MOST_STEPS = 8
# An inner call ends, and may be sent, before the outer one: this process remembers so many that waited for it.
REMEMBERED = 20_000
_BORDERS = SUMS_OF_CALLS | {sc.OPERATION_EXECUTE_TOOL}


# A span of one sender's, for nobody's calls are within another's: trace, span, origin and key. A plain tuple of
# numbers and texts: made and looked up for every span that is stored.
Place = tuple[int, int | None, str, str]
# Tokens of the input as told and with those that a cache gave or took, and of the output.
Usage = tuple[int, int, int]


class Nested:
    """The model calls that a process has seen lately, by the spans that they are within."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._within: OrderedDict[Place, dict[int, Usage]] = OrderedDict()
        self._lock = threading.Lock()

    def marked(self, rows: Sequence[SpanRow]) -> list[SpanRow]:
        """*rows*, those without tokens that only tell of the calls within them."""
        calls = [row for row in rows if _is_call(row)]
        if not calls:
            return list(rows)
        there = {_place(row, row.span_id): row for row in rows}
        with self._lock:
            for row in calls:
                if row.parent_span_id is not None and (outer := _outer(row, there)):
                    self._within.setdefault(outer, {})[row.span_id] = _usage(row)
                    self._within.move_to_end(outer)
            sums = {id(row) for row in calls if self._is_sum(row)}
            while len(self._within) > self._remembered:
                self._within.popitem(last=False)
        return [_as_sum(row) if id(row) in sums else row for row in rows] if sums else list(rows)

    def _is_sum(self, row: SpanRow) -> bool:
        inner = self._within.get(_place(row, row.span_id))
        if not inner:
            return False
        own, told = _usage(row), list(inner.values())
        return any(_alike(own, each) for each in (*told, _added(told)))


def _is_call(row: SpanRow) -> bool:
    return (row.output_tokens or row.input_tokens or 0) > 0 and row.series.operation not in _BORDERS


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


def _outer(row: SpanRow, there: dict[Place, SpanRow]) -> Place | None:
    """The nearest call around *row*, or the first span around it that is not *there*; None if it is its own."""
    for _ in range(MOST_STEPS):
        around = _place(row, row.parent_span_id)
        outer = there.get(around)
        if outer is None or _is_call(outer):
            return around
        if outer.series.operation in _BORDERS or outer.parent_span_id is None:
            return None
        row = outer
    return None


def _as_sum(row: SpanRow) -> SpanRow:
    told = without_tokens(row)
    return replace(told, attributes={**told.attributes, sc.USAGE_IS_A_SUM: True})
