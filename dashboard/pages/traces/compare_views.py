"""Two traces side by side."""

import re
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from dashboard.frame.access import SEE_CALLS, SEE_PAYLOADS, may, needs
from dashboard.frame.chrome import chrome
from dashboard.pages.traces import queries
from dashboard.pages.traces.compare import MOST, compare
from dashboard.pages.traces.summary import summary
from dashboard.pages.traces.tree import Tree, build
from dashboard.pages.traces.views import missing

SIDES = ("a", "b")
TRACE = re.compile("[0-9a-f]{32}")


@require_GET
@needs(SEE_CALLS)
def page(request: HttpRequest) -> HttpResponse:
    """``?a=`` and ``?b=`` name the traces, by id or address; without both it asks for them."""
    asked = {side: request.GET.get(side, "").strip()[:300] for side in SIDES}
    found = {side: TRACE.search(text.lower()) for side, text in asked.items()}
    context: dict[str, Any] = {
        **chrome("traces"),
        "asked": asked,
        "wrong": [text for side, text in asked.items() if text and not found[side]],
    }
    ids = [uuid.UUID(match[0]) for match in found.values() if match]
    if len(ids) == len(SIDES):
        context |= _compared(*ids, sees_payloads=may(request.user, SEE_PAYLOADS))
    return render(request, "dashboard/compare.html", context)


def _compared(left: uuid.UUID, right: uuid.UUID, *, sees_payloads: bool) -> dict[str, Any]:
    trees = [build(queries.spans_of_trace(trace_id)) for trace_id in (left, right)]
    for trace_id, tree in zip((left, right), trees, strict=True):
        if not tree.nodes:
            raise missing(trace_id.hex)
    texts = [queries.arguments_of(_spans(tree)) if sees_payloads else {} for tree in trees]
    return {
        "sides": [(tree, summary(tree)) for tree in trees],
        "comparison": compare(trees[0], trees[1], (texts[0], texts[1])),
        "most": MOST,
        "sees_payloads": sees_payloads,
    }


def _spans(tree: Tree) -> list[Any]:
    return [node.span for node in tree.nodes[:MOST]]
