"""Costs: what models cost, by whom and for what, and which calls have no price."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard import charts, numbers, queries
from dashboard.costs import figure, reading, rows
from dashboard.selection import Selection
from dashboard.views.access import SEE_CALLS, needs
from dashboard.views.chrome import chrome

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
        "sessions": reading.dearest_sessions(window, selection.filters, SESSIONS),
        "charts": True,
    }
    return render(request, TEMPLATE, shown)


def context(selection: Selection, now: datetime) -> dict[str, Any]:
    """All that is pushed. Nine queries, and up to two more in the first hours."""
    window = queries.observed(selection.period, now)
    models, other_models = reading.dearest(window, selection.filters, "provider", "model")
    coloured = rows.colours_of(models)
    grid = reading.spent_by_bar(window, charts.bar_seconds(window), selection.filters, coloured)
    total = rows.total_of(models, other_models)
    tiles = rows.tiles(
        window,
        total,
        reading.succeeded(window, selection.filters),
        reading.dated_back(window, selection.filters),
    )
    return {
        "now": now,
        "selection": selection,
        "chips": [
            {"name": name.replace("_", " "), "value": value, "query": selection.without(name).query()}
            for name, value in selection.filters.items()
        ],
        "bar_words": numbers.span_words(charts.bar_seconds(window)),
        "tiles": tiles,
        "cost_figure": figure.cost_by_model(window, grid, models),
        "legend": figure.legend(models, other_models),
        "cost_table": figure.cost_table(window, grid),
        "models": rows.model_rows(selection, models, other_models),
        "tools": rows.tool_rows(selection, *reading.dearest(window, selection.filters, "tool")),
        "keys": rows.key_rows(*reading.dearest(window, selection.filters, "api_key")),
        "unpriced": rows.unpriced(models),
    }
