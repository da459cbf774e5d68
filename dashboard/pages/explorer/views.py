"""The trace explorer: a search, what narrows it, its matches over time, and their list."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.http import HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from dashboard.addresses.selection import Selection
from dashboard.frame.access import SEE_CALLS, needs
from dashboard.frame.chrome import chrome
from dashboard.frame.requests import SignedInRequest
from dashboard.models import QUERY_MAX_CHARS, SavedView
from dashboard.pages.explorer import charts, facets, questions, tables
from dashboard.pages.explorer.questions import Asked, Question
from dashboard.wording import formats
from telemetry import search
from telemetry.search import SearchError, SearchTooExpensive

TEMPLATE = "dashboard/traces.html"
# What a swap replaces, by its target, and the template of it.
PARTS = {"explorer": f"{TEMPLATE}#swapped", "list": "dashboard/traces/list.html"}
PAGE_SIZE = 50


@require_GET
@needs(SEE_CALLS)
@vary_on_headers("HX-Target")
def index(request: SignedInRequest) -> HttpResponse:
    """The page. Its chart and facets follow the list by themselves; with ``whole`` they come with it."""
    question = Question.from_query(request.GET.dict())
    context = _frame(question, request)
    try:
        asked = questions.ask(question, timezone.now())
    except SearchError as error:
        context["mistake"] = questions.mistake(question, error)
    else:
        context |= _list(asked)
        if "whole" in request.GET:
            context |= {"chart": _chart(asked), "facets": _facets(asked)}
    answer = render(request, PARTS.get(request.htmx.target or "", TEMPLATE), context)
    if request.htmx:
        answer["HX-Push-Url"] = f"{reverse('traces')}?{question.query()}"
    return answer


@require_GET
@needs(SEE_CALLS)
def chart(request: SignedInRequest) -> HttpResponse:
    """The chart of the page, which asks for it when the list is there."""
    return _part(request, "chart", _chart)


@require_GET
@needs(SEE_CALLS)
def narrow(request: SignedInRequest) -> HttpResponse:
    """The facets of the page, which asks for them when the list is there."""
    return _part(request, "facets", _facets)


@require_GET
@needs(SEE_CALLS)
def complete(request: SignedInRequest) -> HttpResponse:
    """What may stand at ``at`` in the text ``q``: ``{"completions": [{label, insert, start, end, …}]}``."""
    text = request.GET.get("q", "")[:QUERY_MAX_CHARS]
    at = request.GET.get("at", "")[:6]
    found = search.complete(text, min(int(at), len(text)) if at.isdecimal() else len(text))
    return JsonResponse({"completions": [asdict(each) for each in found]})


def _frame(question: Question, request: SignedInRequest) -> dict[str, Any]:
    """What stands around the results, whether the search is understood or not."""
    views = SavedView.objects.visible_to(request.user).select_related("owner")
    return {
        **chrome("traces", Selection(period=question.period)),
        "question": question,
        "switch": questions.period_switch(question),
        "scopes": questions.scope_switch(question),
        "views": questions.view_links(views, question, request.user),
        "examples": questions.examples(question),
    }


def _list(asked: Asked) -> dict[str, Any]:
    question = asked.question
    words = {"when": asked.when, "clock": asked.clock, "newest": question.page("")}
    try:
        found = search.page(asked.query, asked.window, question.cursor or None, PAGE_SIZE)
    except (SearchTooExpensive, SearchError) as error:  # SearchError: the address names no place in the list
        return {**words, "expensive": str(error)}
    rows = tables.rows_of(found.spans, question)
    return {
        **words,
        "rows": rows,
        "has": tables.columns(rows),
        "newer": question.page(found.previous_cursor),
        "older": question.page(found.next_cursor),
        "nothing": not (rows or question.cursor or found.truncated),
        "took_ms": found.took_ms,
        "searched_to": found.searched_to,
    }


def _chart(asked: Asked) -> dict[str, Any]:
    try:
        bins = search.matches(asked.query, asked.window, asked.bins)
    except SearchTooExpensive as error:
        return {"expensive": str(error)}
    return {
        "when": asked.when,
        "step": formats.span_words(bins.width_s),
        "since": bins.since,
        "total": sum(map(charts.total, bins)),
        "kinds": charts.kinds(bins, asked.question),
        "figure": charts.figure(bins),
        "rows": charts.table(bins, asked.question),
    }


def _facets(asked: Asked) -> dict[str, Any]:
    try:
        found = search.facets(asked.query, asked.window)
    except SearchTooExpensive as error:
        return {"expensive": str(error)}
    return {"groups": facets.groups(found, asked.question), "since": found.since}


def _part(request: SignedInRequest, name: str, read: Callable[[Asked], dict[str, Any]]) -> HttpResponse:
    question = Question.from_query(request.GET.dict())
    try:
        asked = questions.ask(question, timezone.now())
    except SearchError as error:
        return HttpResponseBadRequest(error.message, content_type="text/plain")
    return render(request, f"dashboard/traces/{name}.html", {"question": question, name: read(asked)})
