"""Costs: what models cost, by whom and for what, and which calls have no price."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.addresses.selection import Selection
from dashboard.charts import figure_parts
from dashboard.frame.access import SEE_CALLS, needs
from dashboard.frame.chrome import chips, chrome
from dashboard.pages.costs import charts, queries, tables
from dashboard.queries import call_counts
from dashboard.wording import formats

TEMPLATE = "dashboard/costs.html"
PARTS = ("pulse", "tiles", "cost-figure", "unpriced", "models", "tools", "keys")
SESSIONS = 10


@require_GET
@needs(SEE_CALLS)
def page(request: HttpRequest) -> HttpResponse:
    """The page; sessions are read from spans, so they are not pushed but stand as of its opening."""
    selection = Selection.from_query(request.GET.dict())
    now = timezone.now()
    window = selection.period.window(now)
    shown = {
        **chrome("costs", selection),
        **context(selection, now),
        "sessions": queries.dearest_sessions(window, selection.filters, SESSIONS),
        "charts": True,
    }
    return render(request, TEMPLATE, shown)


def context(selection: Selection, now: datetime) -> dict[str, Any]:
    """All that is pushed. Nine queries, and up to two more in the first hours."""
    window = call_counts.observed(selection.period, now)
    models, other_models = queries.dearest(window, selection.filters, "provider", "model")
    coloured = tables.colours_of(models)
    grid = queries.spent_by_bar(window, figure_parts.bar_seconds(window), selection.filters, coloured)
    total = tables.total_of(models, other_models)
    return {
        "now": now,
        "selection": selection,
        "chips": chips(selection),
        "over": window.words,
        "bar_words": formats.span_words(figure_parts.bar_seconds(window)),
        "tiles": tables.tiles(
            window,
            total,
            queries.succeeded(window, selection.filters),
            queries.dated_back(window, selection.filters),
        ),
        "cost_figure": charts.cost_by_model(window, grid, models),
        "legend": charts.legend(models, other_models),
        "cost_table": charts.cost_table(window, grid),
        "models": tables.model_rows(selection, models, other_models),
        "tools": tables.tool_rows(selection, *queries.dearest(window, selection.filters, "tool")),
        "keys": tables.key_rows(*queries.dearest(window, selection.filters, "api_key")),
        "unpriced": tables.unpriced(models),
    }
