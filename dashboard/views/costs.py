"""Costs: what models cost, by whom and for what, and which calls have no price."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard import charts, numbers
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
    """All that is pushed. Two queries."""
    window = selection.period.window(now)
    grid = reading.spent_by_bar_and_model(window, charts.bar_seconds(window), selection.filters)
    by_tool_and_key = reading.spent_by_tool_and_key(window, selection.filters)
    models = rows.by_model(grid)
    succeeded = reading.Spent.sum(by_tool_and_key.values()).succeeded
    return {
        "now": now,
        "selection": selection,
        "chips": [
            {"name": name.replace("_", " "), "value": value, "query": selection.without(name).query()}
            for name, value in selection.filters.items()
        ],
        "bar_words": numbers.span_words(charts.bar_seconds(window)),
        "tiles": rows.tiles(window, models, succeeded),
        "cost_figure": figure.cost_by_model(window, grid, models),
        "legend": figure.legend(models),
        "cost_table": figure.cost_table(window, grid),
        "models": rows.model_rows(selection, models),
        "tools": rows.tool_rows(selection, rows.by_part(by_tool_and_key, 0)),
        "keys": rows.key_rows(rows.by_part(by_tool_and_key, 1)),
        "unpriced": rows.unpriced(models),
    }
