"""The reads behind the pages of traces: each function is one query, whatever the number of spans."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Func, JSONField, Q, QuerySet, TextField, Value
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Coalesce

from dashboard.pages.traces import conversation
from dashboard.pages.traces.spans import STATUS_ERROR, Attempt, TraceSpan
from dashboard.pages.traces.summary import MODEL_OPERATIONS
from telemetry import semconv as sc
from telemetry.counts.rollup_columns import of_series
from telemetry.errors.models import ErrorGroup
from telemetry.exports.otlp_json import duration_ns, start_ns
from telemetry.models import Span, SpanPayload
from telemetry.models.spans import SpanQuerySet

# Beyond this many spans a trace is not read: nobody looks at more, and each costs memory.
MOST_SPANS = 20_000
# So many spans of a session are on one page.
SESSION_SPANS = 300
# A trace's spans are looked for so long before and after those that name their session.
NEAR = timedelta(hours=24)
# Where a page of a session begins: the start and the id of a span.
Place = tuple[datetime, int]
SAME = (
    *("trace_id", "span_id", "status", "outcome", "input_tokens", "output_tokens", "cost_usd", "fingerprint"),
    *("error_type", "error_message", "session_id", "tool_call_id"),
)
OTHER = ("parent_span_id", "start_time", "start_ns", "duration_ms", "own_name", "attempts")
NAMING = ("operation", "tool", "model", "agent")
WORDS = ("operation", "kind", "tool", "provider", "model", "prompt_version", "agent", "service")


def _attribute(name: str) -> Any:
    """An attribute of the span itself, or of the set that it shares."""
    return Coalesce(KeyTransform(name, "own_attributes"), KeyTransform(name, "attribute_set__attributes"))


# What the waterfall draws out of the attributes and the events: all of them would be many times as much.
INSIDE: dict[str, Any] = {
    "cache": _attribute(sc.CACHE),
    "breaker": _attribute(sc.BREAKER_STATE),
    "queue_wait_ms": _attribute(sc.QUEUE_WAIT_MS),
    "first_chunk_s": _attribute(sc.TIME_TO_FIRST_CHUNK),
    "tries": Func(
        F("events"),
        Value(f'$[*] ? (@.name == "{sc.EVENT_ATTEMPT}")', output_field=TextField()),
        template="jsonb_path_query_array(%(expressions)s::jsonpath)",
        output_field=JSONField(),
    ),
}


def spans_of_trace(trace_id: uuid.UUID) -> list[TraceSpan]:
    """The spans of a trace, MOST_SPANS at most."""
    return _read(_of_trace(trace_id).order_by("start_time")[:MOST_SPANS])


def span_in_trace(trace_id: uuid.UUID, span_id: int) -> TraceSpan | None:
    """One span; where two have that id, the earlier."""
    spans = _of_trace(trace_id).filter(span_id=span_id)
    return next(iter(_read(spans.order_by("start_time")[:1])), None)


def span_of_trace(span: TraceSpan) -> Span | None:
    """All that is stored of *span* besides its payload."""
    return Span.objects.whole().filter(**_key(span)).first()


def group_of(span: TraceSpan) -> ErrorGroup | None:
    """The group of the errors like that of *span*; no query where it has none."""
    if span.fingerprint is None:
        return None
    return ErrorGroup.objects.filter(pk=span.fingerprint).only("count", "first_seen", "state").first()


def payload_of(span: TraceSpan) -> SpanPayload | None:
    return SpanPayload.objects.filter(**_key(span)).first()


def arguments_of(spans: Sequence[TraceSpan]) -> dict[int, str]:
    """The arguments of the calls among *spans* (of one trace), by span id."""
    calls = [span for span in spans if span.is_call]
    return dict(_payloads(calls).values_list("span_id", "arguments")) if calls else {}


def payloads_of(spans: Sequence[TraceSpan]) -> dict[conversation.Key, SpanPayload]:
    """What *spans* (of any traces) were given and gave, by ``conversation.key_of``."""
    return {(payload.trace_id, payload.span_id): payload for payload in _payloads(spans)} if spans else {}


def spans_of_session(session_id: str, before: Place | None = None) -> list[TraceSpan]:
    """The newest SESSION_SPANS spans of a session, oldest first; with *before*, of those that began earlier.

    A session's traces are found by the spans that name it. What is told of these are the spans of models and
    tools, what failed, and the roots, whether or not they name the session themselves. Two queries.
    """
    earlier = Q()
    if before:  # the plain bound names the partitions to read
        earlier = Q(start_time__lte=before[0]) & ~Q(start_time=before[0], span_id__gte=before[1])
    named = Span.objects.filter(earlier, session_id=session_id).order_by("-start_time", "-span_id")
    found = list(named.values_list("trace_id", "start_time")[:SESSION_SPANS])
    if not found:
        return []
    times = [start_time for _, start_time in found]
    spans = Span.objects.started_between(min(times) - NEAR, max(times) + NEAR).filter(
        earlier,
        ~Q(outcome="")
        | Q(series__operation__in=MODEL_OPERATIONS)
        | Q(status=STATUS_ERROR)
        | Q(parent_span_id=None),
        trace_id__in={trace_id for trace_id, _ in found},
    )
    return _read(spans.order_by("-start_time", "-span_id")[:SESSION_SPANS])[::-1]


def _payloads(spans: Sequence[Span | TraceSpan]) -> QuerySet[SpanPayload]:
    """The payloads of *spans*, by their exact starts: between them lie those of all other traces."""
    return SpanPayload.objects.filter(
        start_time__in={span.start_time for span in spans},
        trace_id__in={span.trace_id for span in spans},
        span_id__in={span.span_id for span in spans},
    )


def _of_trace(trace_id: uuid.UUID) -> SpanQuerySet:
    return Span.objects.get_queryset().filter(trace_id=trace_id)


def _key(span: TraceSpan) -> dict[str, Any]:
    return {"start_time": span.start_time, "trace_id": span.trace_id, "span_id": span.span_id}


def _read(spans: SpanQuerySet) -> list[TraceSpan]:
    columns = (*SAME, *OTHER, *map(of_series, WORDS))
    # The rows are read as plain values: models of thousands of spans would take longer to make than to read.
    return [_span(row) for row in spans.select_related(None).annotate(**INSIDE).values(*columns, *INSIDE)]


def _span(row: dict[str, Any]) -> TraceSpan:
    words = {word: row[of_series(word)] for word in WORDS}
    name = row["own_name"]
    return TraceSpan(
        start_ns=start_ns(row["start_time"], row["start_ns"]),
        duration_ns=duration_ns(row["duration_ms"]),
        parent_id=row["parent_span_id"],
        name=sc.span_name(*(words[word] for word in NAMING)) if name is None else name,
        attempts_made=row["attempts"],
        cache=_text(row["cache"]),
        breaker=_text(row["breaker"]),
        queue_wait_ns=_ns(row["queue_wait_ms"], 1e6),
        first_chunk_ns=_ns(row["first_chunk_s"], 1e9),
        attempts=tuple(_attempt(event) for event in row["tries"] or ()),
        **words,
        **{column: row[column] for column in SAME},
    )


def _attempt(event: dict[str, Any]) -> Attempt:
    attributes = event.get("attributes") or {}
    return Attempt(
        number=_whole(attributes.get(sc.ATTEMPT_NUMBER)),
        end_ns=_whole(event.get("time_ns")),
        duration_ns=_ns(attributes.get(sc.ATTEMPT_DURATION_MS), 1e6),
        delay_ns=_ns(attributes.get(sc.ATTEMPT_DELAY_MS), 1e6),
        error=str(attributes.get(sc.ATTEMPT_ERROR) or ""),
        hedge=str(attributes.get(sc.ATTEMPT_HEDGE) or ""),
    )


def _ns(value: Any, unit: float) -> int:
    """A length of time that a sender told in *unit* nanoseconds; 0 for what is none."""
    return round(value * unit) if isinstance(value, int | float) and 0 <= value * unit < 1 << 63 else 0


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
