"""The calls behind a number, and one call with all that is known of it."""

import json
import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard import queries, rows
from dashboard.selection import FILTERS, MAX_LENGTH, Selection
from dashboard.states import OUTCOME_GROUPS, OUTCOME_STATES
from dashboard.views.chrome import chrome
from telemetry import semconv

PAGE_SIZE = 50
MORE_FILTERS = ("outcome", "session_id")


@require_GET
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """Newest first; filtered by a selection's filters, ``outcome`` and ``session_id``."""
    selection = Selection.from_query(request.GET.dict())
    more = {name: request.GET.get(name, "")[:MAX_LENGTH] for name in MORE_FILTERS}
    window = selection.period.window(timezone.now())
    before = queries.Cursor.parse(request.GET.get("before", ""))
    calls, after = queries.calls_page(window, {**selection.filters, **more}, before, PAGE_SIZE)
    context = {
        **chrome("calls", selection),
        "now": window.now,
        "calls": [(span, rows.caller_name(span.provider, span.model)) for span in calls],
        "fields": [
            {
                "name": name,
                "label": name.replace("_", " "),
                "value": getattr(selection, name, "") or more.get(name, ""),
            }
            for name in (*FILTERS, "session_id")
        ],
        "outcome": more["outcome"],
        "outcomes": OUTCOME_STATES,
        "outcome_groups": list(OUTCOME_GROUPS),
        "filtered": bool(selection.filters or any(more.values())),
        "is_first": before is None,
        "first_query": selection.query(**more),
        "next_query": selection.query(**more, before=str(after)) if after else "",
    }
    return render(request, "dashboard/calls.html", context)


@require_GET
@login_required
def detail(request: HttpRequest, trace: str, span: str) -> HttpResponse:
    """One call: what went in, what came out, its attempts and attributes."""
    found = _find(trace, span)
    if found is None:
        raise Http404(f"There is no call {trace}/{span}. Calls are kept for a limited time.")
    payload = queries.payload_of(found)
    context = {
        **chrome("calls"),
        "call": found,
        "caller": rows.caller_name(found.provider, found.model),
        "trace_hex": found.trace_id.hex,
        "attempts": [event for event in map(_attempt, found.events or []) if event],
        "attributes": sorted((name, _text(value)) for name, value in found.attributes.items()),
        "arguments": _pretty(payload.arguments) if payload else "",
        "result": _pretty(payload.result) if payload else "",
        "family": queries.family_of(found),
        "repairs": found.attributes.get(semconv.REPAIRS),
        "hint": found.attributes.get(semconv.ERROR_HINT, ""),
    }
    return render(request, "dashboard/call.html", context)


def _find(trace: str, span: str) -> Any:
    try:
        number = int(span, 16)
        return queries.call(uuid.UUID(trace), number - 2**64 if number >= 2**63 else number)
    except ValueError:
        return None


def _attempt(event: Any) -> dict[str, Any] | None:
    """An attempt's event as the page shows it; None for any other event."""
    if not isinstance(event, dict) or event.get("name") != semconv.EVENT_ATTEMPT:
        return None
    attributes = event.get("attributes") or {}
    return {
        "number": attributes.get(semconv.ATTEMPT_NUMBER),
        "hedge": attributes.get(semconv.ATTEMPT_HEDGE) == "second",
        "duration_ms": attributes.get(semconv.ATTEMPT_DURATION_MS),
        "delay_ms": attributes.get(semconv.ATTEMPT_DELAY_MS),
        "error": attributes.get(semconv.ATTEMPT_ERROR, ""),
    }


def _pretty(text: str) -> str:
    """JSON indented; anything else as it is (a payload that was cut is no longer JSON)."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
