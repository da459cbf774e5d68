"""A trace: what it did, its waterfall or flame graph, and the span that is open."""

import uuid
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from dashboard.addresses.links import signed, trace_url
from dashboard.frame.access import SEE_CALLS, SEE_PAYLOADS, may, needs
from dashboard.frame.chrome import chrome
from dashboard.pages.traces import queries
from dashboard.pages.traces.detail import Detail, detail
from dashboard.pages.traces.flame import flame
from dashboard.pages.traces.spans import TraceSpan
from dashboard.pages.traces.summary import summary
from dashboard.pages.traces.tree import Tree, ancestors, build
from dashboard.pages.traces.waterfall import waterfall
from telemetry.exports.payload_free import payload_free
from telemetry.exports.trace_pieces import as_otlp
from telemetry.models import Span

VIEWS = {"waterfall": "Waterfall", "flame": "Flame graph"}


@require_GET
@needs(SEE_CALLS)
def by_call(request: HttpRequest, call_id: str) -> HttpResponse:
    """To the span of the tool call *call_id*, in its trace."""
    found = Span.objects.tool_calls().filter(tool_call_id=call_id).newest(1).values_list("trace_id", "span_id")
    if not found:
        raise Http404(
            f"No span of the call {call_id[:80]!r} is stored: it comes a second or two after the call, and "
            "goes when it is old. Load the page again."
        )
    return redirect(trace_url(*found[0]))


@require_GET
@needs(SEE_CALLS)
def page(request: HttpRequest, trace: str) -> HttpResponse:
    """``?span=`` opens that span, ``?view=flame`` draws a flame graph, ``?from=`` draws from that row on."""
    tree = build(queries.spans_of_trace(uuid.UUID(trace)))
    if not tree.nodes:
        raise missing(trace)
    asked = request.GET.get("span", "")
    wanted = signed(asked)
    node = tree.find(wanted) if wanted is not None else None
    selected = node.span if node else telling(tree)
    context = {
        **chrome("traces"),
        "trace": trace,
        "summary": summary(tree),
        "tree": tree,
        "root": tree.nodes[0].span,
        "session": next((each.span.session_id for each in tree.nodes if each.span.session_id), ""),
        "missing": asked if asked and node is None else "",
        "selected": selected.span_id,
        "cut": len(tree.nodes) >= queries.MOST_SPANS,
        "detail": detail_of(selected, sees_payloads=may(request.user, SEE_PAYLOADS)),
        **drawing(request, tree, node.span if node else None),
    }
    return render(request, "dashboard/trace.html", context)


def drawing(request: HttpRequest, tree: Tree, opened: TraceSpan | None) -> dict[str, Any]:
    """What the left side draws: the waterfall or the flame graph, and how the one leads to the other."""
    is_flame = request.GET.get("view") == "flame"
    view = "flame" if is_flame else "waterfall"
    first = request.GET.get("from", "")
    place = int(first) if first.isdecimal() and len(first) < 9 else 0
    span_id = opened.span_id if opened else None
    span = {"span": opened.hex} if opened else {}
    return {
        "view": view,
        "drawn": flame(tree, selected=span_id) if is_flame else waterfall(tree, first=place, selected=span_id),
        "keep": "&view=flame" if is_flame else f"&from={place}" if place else "",
        "switch": [
            {"name": name, "query": urlencode({"view": key, **span}), "current": key == view}
            for key, name in VIEWS.items()
        ],
    }


@require_GET
@needs(SEE_CALLS)
async def otlp(request: HttpRequest, trace: str) -> HttpResponseBase:
    """The trace as OTLP JSON, to be kept or sent to another back end; payloads for who may see them."""
    sees = await sync_to_async(may)(await request.auser(), SEE_PAYLOADS)
    answer = await as_otlp(uuid.UUID(trace), with_payloads=sees, sees_payloads=sees)
    if answer is None:
        raise missing(trace)
    answer["Content-Disposition"] = f'attachment; filename="trace-{trace}.json"'
    return answer


@require_GET
@needs(SEE_CALLS)
def span(request: HttpRequest, trace: str, span: str) -> HttpResponse:
    """The part of the page that tells of one span, for htmx; to anybody else the page with that span open."""
    trace_id, span_id = uuid.UUID(trace), signed(span)
    if request.headers.get("HX-Request") != "true":
        return redirect(trace_url(trace_id, span_id=span_id))
    found = queries.span_in_trace(trace_id, span_id or 0)
    if found is None:
        raise Http404(f"There is no span {span} in the trace {trace}.")
    sees = may(request.user, SEE_PAYLOADS)
    return render(request, "dashboard/span.html", {"detail": detail_of(found, sees_payloads=sees)})


@require_GET
@needs(SEE_CALLS)
def call(request: HttpRequest, trace: str, span: str) -> HttpResponse:
    """The address that a call's page had: addresses in e-mails and bookmarks live on."""
    return redirect(trace_url(uuid.UUID(trace), span_id=signed(span)), permanent=True)


def missing(trace: str) -> Http404:
    return Http404(f"There is no trace {trace}. Traces are kept for a limited time.")


def telling(tree: Tree) -> TraceSpan:
    """The span that says most: the first failed one that none below it explains, or else the first root."""
    explained: set[int] = set()
    for node in tree.nodes:
        if node.span.failed:
            for above in ancestors(node):
                if id(above) in explained:
                    break  # and so is all above it
                explained.add(id(above))
    causes = (node.span for node in tree.nodes if node.span.failed and id(node) not in explained)
    return next(causes, tree.nodes[0].span)


def detail_of(span: TraceSpan, *, sees_payloads: bool) -> Detail | None:
    """None where retention took the span away in this moment."""
    stored = queries.span_of_trace(span)
    if stored is None:
        return None
    if not sees_payloads:
        return detail(span, payload_free(stored), None, queries.group_of(span), withheld=True)
    return detail(span, stored, queries.payload_of(span), queries.group_of(span))
