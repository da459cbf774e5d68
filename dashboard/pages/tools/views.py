"""Tools: a verdict and a score for each, from its calls of the last five minutes, its breaker and its probe."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.addresses.selection import Selection
from dashboard.frame.access import SEE_CALLS, needs
from dashboard.frame.chrome import chrome
from dashboard.pages.tools import standing
from dashboard.queries import engine

TEMPLATE = "dashboard/tools.html"
PARTS = ("pulse", "verdict", "tools")


@require_GET
@needs(SEE_CALLS)
def page(request: HttpRequest) -> HttpResponse:
    return render(request, TEMPLATE, {**chrome("tools"), **context(Selection(), timezone.now())})


def context(selection: Selection, now: datetime) -> dict[str, Any]:
    """The report of health, which is in shared state: two round trips to Valkey, side by side, and no query."""
    known = engine.health()
    rows = None if known is None else standing.rows(known[0])
    return {
        "now": now,
        "selection": selection,
        "verdict": standing.verdict(rows),
        "rows": rows,
        "canary": None if known is None else standing.canary(known[1], now),
    }
