"""The store: how fast it takes spans, what they take on the disk, and for how long there is room."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.addresses import periods
from dashboard.addresses.selection import Selection
from dashboard.frame.access import SEE_CALLS, needs
from dashboard.frame.chrome import chrome
from dashboard.pages.store import charts
from dashboard.pages.store.tiles import next_drop, tiles_of
from telemetry.health import disk_space
from telemetry.health.rates import ingest_rates
from telemetry.health.recording import store_health

TEMPLATE = "dashboard/store.html"
PARTS = ("pulse", "tiles", "ingest-figure", "days", "tables")
CHARTED = periods.PERIODS["24h"]


@require_GET
@needs(SEE_CALLS)
def page(request: HttpRequest) -> HttpResponse:
    found = {**chrome("store"), "section": "system", **context(Selection(), timezone.now()), "charts": True}
    return render(request, TEMPLATE, found)


def context(selection: Selection, now: datetime) -> dict[str, Any]:
    """The store's own figures: those of ``store_health``, and five queries."""
    health, rates, days, free = store_health(now), ingest_rates(now), disk_space.days(), disk_space.free_bytes()
    forecast = disk_space.forecast(days, now.date(), free)
    return {
        "now": now,
        "selection": selection,
        "tiles": tiles_of(health, rates, days, forecast, free),
        "ingest_figure": charts.ingest(CHARTED.window(now, rates.first), rates.minutes),
        "days": [day for day in days if day.day <= now.date()],
        "ahead": health["partitions_ahead"],
        "next_drop": next_drop(days, now),
        "tables": sorted(
            (name.removeprefix("telemetry_").replace("_", " "), value)
            for name, value in health["size_bytes"].items()
        ),
    }
