"""Traces that have a span which a query finds, the newest such span first.

A trace stands where its newest match does, on one page alone: one whose newest match is on an earlier page is left
out of this one. What is summed up of a trace is what began within a day of its match.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, DateTimeField, DurationField, ExpressionWrapper, F, Max, Min, Q, Sum, Value

from telemetry import search
from telemetry.exports.columns import hex16
from telemetry.models import Span
from telemetry.models.spans import SpanQuerySet
from telemetry.read_api.parameters import Asked
from telemetry.read_api.shapes import usd
from telemetry.search import compiling
from telemetry.search.guard import guarded
from telemetry.search.pages import Cursor
from telemetry.semconv import FAILED
from telemetry.spans.rows import STATUS_ERROR

# Matches that are looked at for each trace wanted: a trace may have many.
MATCHES_EACH = 4
NEAR = timedelta(days=1)
MILLISECOND = Value(timedelta(milliseconds=1), output_field=DurationField())
ENDED = ExpressionWrapper(F("start_time") + F("duration_ms") * MILLISECOND, output_field=DateTimeField())
HAS_TOKENS = Q(input_tokens__isnull=False) | Q(output_tokens__isnull=False)
# What is counted, and what is added up, under the names of the answer.
COUNTED: Mapping[str, Q | None] = {
    "spans": None,
    "errors": Q(status=STATUS_ERROR),
    "calls": ~Q(outcome=""),
    "failed_calls": Q(outcome__in=[str(outcome) for outcome in FAILED]),
    "unpriced_spans": HAS_TOKENS & Q(cost_usd__isnull=True),
}
ADDED_UP = ("input_tokens", "output_tokens", "cost_usd")
# Annotations may not have the names of columns.
SUMS = {
    "began": Min("start_time"),
    "ended": Max(ENDED),
    "heaviest": Max("weight"),
    "session": Max("session_id"),
    **{f"n_{name}": Count("span_id", filter=which) for name, which in COUNTED.items()},
    **{f"n_{name}": Sum(name) for name in ADDED_UP},
    **{f"w_{name}": Sum("weight", filter=which) for name, which in COUNTED.items()},
    **{f"w_{name}": Sum(F(name) * F("weight")) for name in ADDED_UP},
}


@dataclass(frozen=True, slots=True)
class Traces:
    """Traces as the API gives them, and where the next page begins (None: nowhere)."""

    rows: list[dict[str, Any]]
    next_cursor: str | None


def page(asked: Asked, cursor: str | None, limit: int) -> Traces:
    """At most *limit* traces that follow the *cursor*. Raises SearchError and SearchTooExpensive."""
    found = search.page(asked.query, asked.window, cursor, limit * MATCHES_EACH)
    newest = _newest(found.spans)
    listed = _listed_before(asked, found.spans, newest) if cursor and found.spans else set()
    ids = [trace_id for trace_id in newest if trace_id not in listed]
    following = found.next_cursor
    if len(ids) > limit:
        following = str(Cursor.beside(_before(found.spans, newest[ids[limit]]), older=True))
    return Traces(_rows(ids[:limit], found.spans), following)


def _newest(spans: Sequence[Span]) -> dict[UUID, Span]:
    """The first, that is the newest, of *spans* of each trace."""
    newest: dict[UUID, Span] = {}
    for span in spans:
        newest.setdefault(span.trace_id, span)
    return newest


def _before(spans: Sequence[Span], span: Span) -> Span:
    return spans[spans.index(span) - 1]


def _listed_before(asked: Asked, spans: Sequence[Span], newest: dict[UUID, Span]) -> set[UUID]:
    """The traces that have a newer match than all of *spans*."""
    matches = compiling.condition(compiling.plan(asked.query.root))
    with guarded():
        newer = Span.objects.started_between(spans[0].start_time, asked.window[1]).filter(
            matches, trace_id__in=list(newest), pk__gt=spans[0].pk
        )
        return set(newer.order_by().values_list("trace_id", flat=True).distinct())


def _rows(ids: Sequence[UUID], spans: Sequence[Span]) -> list[dict[str, Any]]:
    if not ids:
        return []
    near = Span.objects.started_between(spans[-1].start_time - NEAR, spans[0].start_time + NEAR)
    of_traces = near.filter(trace_id__in=ids).order_by()
    with guarded():
        sums: dict[UUID, Any] = {row["trace_id"]: row for row in of_traces.values("trace_id").annotate(**SUMS)}
        roots = _roots(of_traces)
    return [_row(sums[trace_id], roots.get(trace_id)) for trace_id in ids if trace_id in sums]


def _roots(of_traces: SpanQuerySet) -> dict[UUID, Span]:
    first = (
        of_traces.in_brief().filter(parent_span_id=None).order_by("trace_id", "start_time").distinct("trace_id")
    )
    return {span.trace_id: span for span in first}


def _row(sums: dict[str, Any], root: Span | None) -> dict[str, Any]:
    return {
        "trace_id": sums["trace_id"].hex,
        "start_time": sums["began"].isoformat(),
        "duration_ms": (sums["ended"] - sums["began"]) / timedelta(milliseconds=1),
        **_figures(sums, "n_"),
        "weight": sums["heaviest"],
        "weighted": _figures(sums, "w_"),
        "session_id": sums["session"],
        "root": root and {"span_id": hex16(root.span_id), "name": root.name, "service": root.service},
    }


def _figures(sums: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Counts and sums under their names; nothing priced is no cost of zero."""
    names = (*COUNTED, "input_tokens", "output_tokens")
    return {**{name: sums[prefix + name] or 0 for name in names}, "cost_usd": usd(sums[f"{prefix}cost_usd"])}
