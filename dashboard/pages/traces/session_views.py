"""A session as a conversation: what was said, the calls in between, and what it cost."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from dashboard.addresses.links import moment_of, session_url, signed
from dashboard.frame.access import SEE_CALLS, SEE_PAYLOADS, may, needs
from dashboard.frame.chrome import chrome
from dashboard.pages.traces import queries
from dashboard.pages.traces.conversation import Called, Item, Key, Said, Turn, conversation, key_of
from dashboard.pages.traces.detail import WITHHELD, Text, withheld_texts
from dashboard.pages.traces.marks import marks_of, state_of
from dashboard.pages.traces.messages import exchange, pretty
from dashboard.pages.traces.session_totals import Totals, totals_of_session
from dashboard.pages.traces.spans import TraceSpan
from dashboard.pages.traces.summary import MODEL_OPERATIONS, usage
from dashboard.pages.traces.tree import build
from telemetry.models import SpanPayload

MAX_ID_CHARS = 256
Payloads = Mapping[Key, SpanPayload]


@require_GET
@needs(SEE_CALLS)
def page(request: HttpRequest) -> HttpResponse:
    """``?id=`` names the session; ``?before=`` pages back to what was said earlier."""
    session_id = request.GET.get("id", "")[:MAX_ID_CHARS]
    spans = queries.spans_of_session(session_id, _place(request.GET.get("before", ""))) if session_id else []
    if not spans:
        raise Http404(f"Nothing is kept of a session {session_id!r}. Sessions are kept as long as their spans.")
    sees = may(request.user, SEE_PAYLOADS)
    payloads = queries.payloads_of(spans) if sees else {}
    exchanges = {key: exchange(payload.messages) for key, payload in payloads.items() if payload.messages}
    is_cut = len(spans) >= queries.SESSION_SPANS
    first = spans[0]
    # A page that holds all needs no second reading.
    whole = totals_of_session(session_id) if is_cut or request.GET.get("before") else None
    context = {
        **chrome("traces"),
        "session": session_id,
        "turns": [_turn(turn, payloads, sees) for turn in conversation(spans, exchanges)],
        "withheld": "" if sees else WITHHELD,
        "totals": whole or totals_of_part(spans),
        "of_part": bool(is_cut or request.GET.get("before")) and whole is None,
        "earlier": session_url(session_id, f"{first.start_time.isoformat()}~{first.hex}") if is_cut else "",
        "newest": session_url(session_id) if request.GET.get("before") else "",
    }
    return render(request, "dashboard/session.html", context)


def totals_of_part(spans: Sequence[TraceSpan]) -> Totals:
    """The figures of the *spans* that a page shows, oldest first. Pure."""
    first = spans[0]
    return Totals(
        turns=len({span.trace_id for span in spans}),
        asked=sum(span.operation in MODEL_OPERATIONS for span in spans),
        calls=sum(span.is_call for span in spans),
        failed=sum(span.failed for span in spans),
        began=first.start_time,
        seconds=(max(span.end_ns for span in spans) - first.start_ns) / 1e9,
        usage=usage(build(spans).nodes),
    )


def _turn(turn: Turn, payloads: Payloads, sees: bool) -> dict[str, Any]:
    """A turn as the template shows it."""
    return {
        "trace": turn.trace_id,
        "first": turn.spans[0],
        "duration_ms": turn.duration_ns / 1e6,
        "usage": usage(build(turn.spans).nodes),
        "items": [_item(item, payloads, sees) for item in turn.items],
    }


def _item(item: Item, payloads: Payloads, sees: bool) -> dict[str, Any]:
    if isinstance(item, Said):
        asked = item.span if item.is_output else None
        return {"kind": "said", "message": item.message, "is_output": item.is_output, "asked": asked}
    if isinstance(item, Called):
        state = state_of(item.span)
        return {
            "kind": "called",
            "span": item.span,
            "state": state,
            "marks": [mark for mark in marks_of(item.span) if mark.word != state.word],
            "texts": _texts(payloads.get(key_of(item.span))) if sees else withheld_texts(item.span),
        }
    return {"kind": "broken", "span": item.span, "words": item.words}


def _texts(payload: SpanPayload | None) -> list[Text]:
    if payload is None:
        return []
    return [
        Text("Arguments", pretty(payload.arguments), "None were recorded."),
        Text("Result", pretty(payload.result), "Nothing was returned."),
    ]


def _place(text: str) -> queries.Place | None:
    """The place that ``earlier`` wrote; None for anything else."""
    when, _, span = text.partition("~")
    at, span_id = moment_of(when), signed(span)
    return None if at is None or span_id is None else (at, span_id)
