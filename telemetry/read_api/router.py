"""``GET /api/v1/traces``, ``/spans`` and ``/rollups``: what is stored, by the search language."""

from collections.abc import Callable
from enum import IntEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router
from pydantic import Field
from pydantic_core import to_json

from telemetry import search
from telemetry.exports.payload_free import payload_free
from telemetry.exports.trace_pieces import PIECE, Place, as_otlp, piece
from telemetry.models import Span, SpanPayload
from telemetry.read_api import answers, rollups, shapes, traces
from telemetry.read_api.errors import BadParameter, NotThere, Withheld
from telemetry.read_api.parameters import Asked, told
from telemetry.search.guard import guarded

router = Router(tags=["spans"])


class Resolution(IntEnum):
    """How long a bucket is, in seconds."""

    TEN_SECONDS = 10
    MINUTE = 60
    HOUR = 3600
    DAY = 86_400


RESOLUTION = "The length of a bucket; left out, the finest from a minute up that reaches the whole period."
Q = Annotated[
    str,
    Query(
        max_length=2_000,
        description="In the search language; empty: everything. A time in it counts before `since` and `until`.",
        examples=["tool:crm_integration status:error duration:>500ms"],
    ),
]
When = Annotated[str, Query(max_length=40, examples=["2h", "2026-05-01T14:30"])]
Cursor = Annotated[str, Query(max_length=120, description="`next_cursor` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=500)]
TraceId = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
SpanId = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]


@router.get("/spans", response=answers.SPANS)
async def list_spans(
    request: HttpRequest, q: Q = "", since: When = "", until: When = "", cursor: Cursor = "", limit: Limit = 50
) -> Any:
    """Spans that a query finds, the newest first; without a time, of the last 24 hours."""
    return await in_thread(_spans, Asked.of(q, since, until, timezone.now()), cursor, limit)


@router.get("/traces", response=answers.TRACES)
async def list_traces(
    request: HttpRequest, q: Q = "", since: When = "", until: When = "", cursor: Cursor = "", limit: Limit = 50
) -> Any:
    """Traces that have a span which a query finds, summed up: a row a trace, the newest match first."""
    return await in_thread(_traces, Asked.of(q, since, until, timezone.now()), cursor, limit)


@router.get("/traces/{trace_id}", response=answers.TRACE)
async def get_trace(
    request: HttpRequest,
    trace_id: TraceId,
    format: Literal["json", "otlp"] = "json",
    payloads: bool = False,
    cursor: Cursor = "",
    limit: Annotated[int, Query(ge=1, le=PIECE)] = PIECE,
) -> Any:
    """All spans of a trace, 2,000 at once; as OTLP JSON all of them, with `payloads=true` whole."""
    sees = sees_payloads(request)
    if payloads and not sees:
        raise Withheld
    if format == "json":
        return await in_thread(_trace, UUID(trace_id), _place(cursor), limit, sees=sees)
    if cursor or limit != PIECE:
        raise BadParameter("cursor" if cursor else "limit", "a trace as OTLP comes whole.", "leave it out")
    with told():
        answer = await as_otlp(UUID(trace_id), with_payloads=payloads, sees_payloads=sees)
    if answer is None:
        raise no_trace(trace_id)
    return answer


@router.get("/spans/{trace_id}/{span_id}", response=answers.SPAN)
async def get_span(request: HttpRequest, trace_id: TraceId, span_id: SpanId) -> Any:
    """One span with all that is known of it: its arguments, result and messages for who may see payloads."""
    number = int.from_bytes(bytes.fromhex(span_id), signed=True)
    return await in_thread(_span, UUID(trace_id), number, sees=sees_payloads(request))


@router.get("/rollups", response=answers.ROLLUPS)
async def list_rollups(
    request: HttpRequest,
    q: Q = "",
    since: When = "",
    until: When = "",
    resolution_s: Annotated[Resolution | None, Query(description=RESOLUTION)] = None,
    by: Annotated[str, Query(max_length=200, examples=["tool,model", "bucket,tool"])] = "",
) -> Any:
    """Counts, success rate with n and interval, percentiles, tokens and cost, by time and words of the series."""
    now = timezone.now()
    asked = Asked.of(q, since, until, now)
    keys = rollups.keys_of(by)
    step_s = resolution_s or rollups.finest(asked.window, keys, now)
    return await in_thread(rollups.groups, asked, step_s, keys, now)


def sees_payloads(request: HttpRequest) -> bool:
    """Whether who asks may see arguments, results and messages: whoever mounts the router says so, else not."""
    return bool(getattr(getattr(request, "auth", None), "sees_payloads", False))


async def in_thread(work: Callable[..., Any], *args: Any, **options: Any) -> HttpResponse:
    """What *work* returns, as JSON; it reads the database. Raises ReadError."""

    def read() -> Any:
        with told():
            return work(*args, **options)

    content = await sync_to_async(read)()
    return HttpResponse(to_json(content, inf_nan_mode="null"), content_type="application/json")


def _spans(asked: Asked, cursor: str, limit: int) -> dict[str, Any]:
    found = search.page(asked.query, asked.window, cursor or None, limit)
    return {
        "spans": [shapes.brief(span) for span in found.spans],
        "next_cursor": found.next_cursor,
        "truncated": found.truncated,
        "since": asked.window[0],
        "until": asked.window[1],
        "took_ms": round(found.took_ms, 1),
    }


def _traces(asked: Asked, cursor: str, limit: int) -> dict[str, Any]:
    found = traces.page(asked, cursor or None, limit)
    since, until = asked.window
    return {"traces": found.rows, "next_cursor": found.next_cursor, "since": since, "until": until}


def _trace(trace_id: UUID, after: Place | None, limit: int, *, sees: bool) -> dict[str, Any]:
    spans = piece(trace_id, after, limit + 1)
    # Nothing after a place may be the end of the trace; nothing at all is no trace.
    if not spans and (after is None or not piece(trace_id, size=1)):
        raise no_trace(trace_id.hex)
    shown = [span if sees else payload_free(span) for span in spans[:limit]]
    is_cut = len(spans) > limit
    return {
        "trace_id": trace_id.hex,
        "spans": [shapes.whole(span) for span in shown],
        "truncated": is_cut,
        "next_cursor": str(Place.of(shown[-1])) if is_cut else None,
    }


def _place(cursor: str) -> Place | None:
    try:
        return Place.read(cursor) if cursor else None
    except ValueError:
        hint = "take it from next_cursor of the answer before"
        raise BadParameter("cursor", f"{cursor[:80]!r} is no place in a trace.", hint) from None


def no_trace(trace_id: str) -> NotThere:
    return NotThere(f"There is no trace {trace_id}.", hint="spans are kept for a limited time")


def _span(trace_id: UUID, span_id: int, *, sees: bool) -> dict[str, Any]:
    with guarded():
        span = Span.objects.whole().filter(trace_id=trace_id, span_id=span_id).first()
        payload = SpanPayload.objects.filter(pk=span.pk).first() if span and sees else None
    if span is None:
        raise NotThere(f"There is no such span in trace {trace_id.hex}.", hint="spans are kept for a limited time")
    if not sees:
        return {**shapes.whole(payload_free(span)), "payload": None}
    return {**shapes.whole(span), "payload": shapes.payload(payload)}
