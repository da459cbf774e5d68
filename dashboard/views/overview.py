"""The overview: is anything wrong, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard import charts, numbers, queries, rows, tables, verdict
from dashboard.selection import Selection
from dashboard.states import RUNGS
from dashboard.views.chrome import chrome
from telemetry.models import Span

TEMPLATE = "dashboard/overview.html"
PARTS = ("pulse", "verdict", "tiles", "success-figure", "tools", "providers", "failures-figure", "newest")
NEWEST = 12


@dataclass(frozen=True, slots=True)
class NewestRow:
    """A call with the one thing worth saying about it."""

    span: Span
    caller: str
    detail: str


@require_GET
@login_required
def page(request: HttpRequest) -> HttpResponse:
    selection = Selection.from_query(request.GET.dict())
    now = timezone.now()
    return render(request, TEMPLATE, {**chrome("overview", selection), **context(selection, now), "charts": True})


def context(selection: Selection, now: datetime) -> dict[str, Any]:
    """All that the page and its pushes show of *selection*. A fixed number of queries."""
    window = selection.period.window(now)
    filters = selection.filters
    grid = queries.tallies_by_bin_and_tool(window, filters)
    by_caller = queries.tallies_by_caller(window, filters)
    totals = rows.totals_by_tool(by_caller)
    providers = rows.provider_rows(selection, rows.totals_by_provider(by_caller))
    tools = rows.tool_rows(selection, totals, known=())
    return {
        "now": now,
        "selection": selection,
        "verdict": verdict.judge(window, grid, totals, by_caller),
        "tiles": rows.tiles(window, selection, grid, totals),
        "success_figure": charts.success_by_tool(window, grid, totals),
        "success_table": tables.success(window, grid, totals),
        "tools": tools,
        "breakers": {},
        "errors": queries.last_errors(window, filters),
        "providers": providers,
        "providers_figure": charts.providers([(row.name, row.tally) for row in providers]),
        "failures_figure": charts.failures(window, grid),
        "failed_layers": tables.failed_layers(selection, totals),
        "newest": _newest(queries.newest_calls(window, filters, NEWEST)),
        "chips": _chips(selection),
        "rungs": [(rung, word) for rung, word, _ in RUNGS],
        "point_words": numbers.span_words(window.period.bin_s),
        "bar_words": numbers.span_words(charts.bar_seconds(window)),
        "public_url": settings.PUBLIC_URL,
    }


def _newest(spans: Sequence[Span]) -> list[NewestRow]:
    previews = queries.result_previews(spans)
    return [
        NewestRow(span, rows.caller_name(span.provider, span.model), _detail(span, previews)) for span in spans
    ]


def _detail(span: Span, previews: dict[int, str]) -> str:
    if span.error_message or span.error_type:
        return span.error_message or span.error_type
    return previews.get(span.span_id, "")


def _chips(selection: Selection) -> list[dict[str, str]]:
    return [
        {"name": name.replace("_", " "), "value": value, "query": selection.without(name).query()}
        for name, value in selection.filters.items()
    ]
