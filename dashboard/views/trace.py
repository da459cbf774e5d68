"""A trace: what it did, its waterfall or flame graph, and the span that is open."""

import uuid
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from dashboard.links import at_words, moment_of, signed, trace_url
from dashboard.traces import reading
from dashboard.traces.detail import Detail, detail
from dashboard.traces.flame import flame
from dashboard.traces.spans import TraceSpan
from dashboard.traces.summary import summary
from dashboard.traces.tree import Tree, ancestors, build
from dashboard.traces.waterfall import waterfall
from dashboard.views.chrome import chrome
from telemetry.otlp_export import trace_as_otlp_json

VIEWS = {"waterfall": "waterfall", "flame": "flame graph"}
DEFAULT_VIEW = "waterfall"


@require_GET
@login_required
def page(request: HttpRequest, trace: str) -> HttpResponse:
    """``?span=`` opens that span, ``?view=flame`` draws a flame graph, ``?from=`` draws from that row on."""
    trace_id, near = uuid.UUID(trace), moment_of(request.GET.get("at", ""))
    tree = build(spans_of(trace_id, near))
    if not tree.nodes:
        raise missing(trace)
    wanted = signed(request.GET.get("span", ""))
    node = tree.find(wanted) if wanted is not None else None
    selected = node.span if node else telling(tree)
    view = request.GET.get("view", "") if request.GET.get("view") in VIEWS else DEFAULT_VIEW
    first = request.GET.get("from", "")
    opened = selected.hex if node else ""
    context: dict[str, Any] = {
        **chrome("calls"),
        "trace": trace_id,
        "summary": summary(tree),
        "tree": tree,
        "root": tree.nodes[0].span,
        "view": view,
        "session": next((each.span.session_id for each in tree.nodes if each.span.session_id), ""),
        "keep": _query("&", view=view if view != DEFAULT_VIEW else "", at=at_words(near) if near else ""),
        "hint": _query("?", at=at_words(near) if near else ""),
        "switch": [
            (name.capitalize(), _query("?", view=key, span=opened, at=at_words(near) if near else ""), key == view)
            for key, name in VIEWS.items()
        ],
        "missing": request.GET.get("span", "") if wanted is not None and node is None else "",
        "selected": selected.span_id,
        "cut": len(tree.nodes) >= reading.MOST_SPANS,
        "detail": detail_of(selected),
    }
    if view == "flame":
        context["flame"] = flame(tree, selected=selected.span_id)
    else:
        place = int(first) if first.isdecimal() and len(first) < 9 else 0
        context["waterfall"] = waterfall(tree, first=place, selected=selected.span_id if node else None)
    return render(request, "dashboard/trace.html", context)


@require_GET
@login_required
def otlp(request: HttpRequest, trace: str) -> HttpResponse:
    """The trace as OTLP JSON, to be kept or sent to another back end."""
    trace_id, near = uuid.UUID(trace), moment_of(request.GET.get("at", ""))
    spans, payloads = reading.whole_trace(trace_id, near)
    if near and not spans:
        spans, payloads = reading.whole_trace(trace_id)
    if not spans:
        raise missing(trace)
    answer = JsonResponse(trace_as_otlp_json(spans, payloads), json_dumps_params={"ensure_ascii": False})
    answer["Content-Disposition"] = f'attachment; filename="trace-{trace}.json"'
    return answer


@require_GET
@login_required
def span(request: HttpRequest, trace: str, span: str) -> HttpResponse:
    """The part of the page that tells of one span, for htmx; to anybody else the page with that span open."""
    trace_id, span_id = uuid.UUID(trace), signed(span)
    assert span_id is not None, "the URL holds 16 hexadecimal digits"
    near = moment_of(request.GET.get("at", ""))
    if request.headers.get("HX-Request") != "true":
        return redirect(trace_url(trace_id, span_id=span_id, at=near))
    found = reading.span_in_trace(trace_id, span_id, near)
    if found is None:
        raise Http404(f"There is no span {span} in the trace {trace}.")
    return render(request, "dashboard/span.html", {"detail": detail_of(found), "trace": trace_id})


@require_GET
@login_required
def call(request: HttpRequest, trace: str, span: str) -> HttpResponse:
    """The address that a call's page had: addresses in e-mails and bookmarks live on."""
    return redirect(trace_url(uuid.UUID(trace), span_id=signed(span)), permanent=True)


def missing(trace: str) -> Http404:
    return Http404(f"There is no trace {trace}. Traces are kept for a limited time.")


def _query(mark: str, **parts: str) -> str:
    said = urlencode({name: value for name, value in parts.items() if value})
    return mark + said if said else ""


def spans_of(trace_id: uuid.UUID, near: datetime | None) -> list[TraceSpan]:
    """The spans of a trace; where none is *near* the moment in the link, of any time."""
    found = reading.spans_of_trace(trace_id, near) if near else []
    return found or reading.spans_of_trace(trace_id)


def telling(tree: Tree) -> TraceSpan:
    """The span that says most: the first failed one that none below it explains, or else the first root."""
    explained = {id(above) for node in tree.nodes if node.span.failed for above in ancestors(node)}
    causes = (node.span for node in tree.nodes if node.span.failed and id(node) not in explained)
    return next(causes, tree.nodes[0].span)


def detail_of(span: TraceSpan) -> Detail | None:
    """None where retention took the span away in this moment."""
    stored = reading.span_of_trace(span)
    return detail(span, stored, reading.payload_of(span)) if stored else None
