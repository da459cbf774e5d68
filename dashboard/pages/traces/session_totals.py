"""What a whole session comes to, however little of it a page shows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, DateTimeField, DurationField, ExpressionWrapper, F, Max, Min, Q, Sum, Value

from dashboard.pages.traces.queries import NEAR
from dashboard.pages.traces.summary import MODEL_OPERATIONS, Usage
from telemetry.models import Span
from telemetry.search import SearchTooExpensive
from telemetry.search.guard import guarded
from telemetry.semconv import FAILED

MOST_MS = 2_000
# Traces of a session that are added up; past these its figures are those of the part that is shown.
MOST_TRACES = 2_000
MILLISECOND = Value(timedelta(milliseconds=1), output_field=DurationField())
ENDED = ExpressionWrapper(F("start_time") + F("duration_ms") * MILLISECOND, output_field=DateTimeField())
HAS_TOKENS = Q(input_tokens__isnull=False) | Q(output_tokens__isnull=False)
CALL = ~Q(outcome="")
# As a span is said to have failed: a call by its outcome, any other by its status.
FAILED_SPAN = Q(outcome__in=[str(outcome) for outcome in FAILED]) | Q(outcome="", status=2)
SUMS: dict[str, Any] = {
    "began": Min("start_time"),
    "ended": Max(ENDED),
    "turns": Count("trace_id", distinct=True),
    "asked": Count("span_id", filter=Q(series__operation__in=MODEL_OPERATIONS)),
    "calls": Count("span_id", filter=CALL),
    "failed": Count("span_id", filter=FAILED_SPAN),
    "tokens_in": Sum("input_tokens"),
    "tokens_out": Sum("output_tokens"),
    "cost": Sum("cost_usd"),
    "priced": Count("span_id", filter=Q(cost_usd__isnull=False)),
    "unpriced": Count("span_id", filter=HAS_TOKENS & Q(cost_usd__isnull=True)),
}


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures at the head of a session."""

    turns: int
    asked: int
    calls: int
    failed: int
    began: datetime
    seconds: float
    usage: Usage


def totals_of_session(session_id: str) -> Totals | None:
    """Of all traces that name the session; None where there are too many to add up in a moment."""
    named = Span.objects.filter(session_id=session_id).order_by()
    try:
        with guarded(MOST_MS):
            traces = list(named.values_list("trace_id").annotate(first=Min("start_time"))[: MOST_TRACES + 1])
            if not traces or len(traces) > MOST_TRACES:
                return None
            times = [first for _, first in traces]
            near = Span.objects.started_between(min(times) - NEAR, max(times) + NEAR)
            found = near.filter(trace_id__in=[trace_id for trace_id, _ in traces]).order_by().aggregate(**SUMS)
    except SearchTooExpensive:
        return None
    return _totals(found) if found["began"] else None


def _totals(found: dict[str, Any]) -> Totals:
    return Totals(
        turns=found["turns"],
        asked=found["asked"],
        calls=found["calls"],
        failed=found["failed"],
        began=found["began"],
        seconds=(found["ended"] - found["began"]).total_seconds(),
        usage=Usage(
            input_tokens=found["tokens_in"] or 0,
            output_tokens=found["tokens_out"] or 0,
            cost_usd=found["cost"] or Decimal(0),
            priced=found["priced"],
            unpriced=found["unpriced"],
        ),
    )
