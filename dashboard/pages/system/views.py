"""System: can I trust what I see?"""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.addresses.selection import Selection
from dashboard.frame.access import SEE_CALLS, needs
from dashboard.frame.chrome import chrome
from dashboard.pages.system.checks import checks_of, clocks_check, telling, verdict_of
from dashboard.queries import engine
from dashboard.wording import formats
from telemetry.alerts import reach
from telemetry.alerts.health import alerts_health
from telemetry.health.clock_skew import clocks_off
from telemetry.health.recording import store_health

TEMPLATE = "dashboard/system.html"
PARTS = ("pulse", "verdict", "checks", "sizes")


@require_GET
@needs(SEE_CALLS)
def page(request: HttpRequest) -> HttpResponse:
    return render(request, TEMPLATE, {**chrome("system"), **context(Selection(), timezone.now())})


def context(selection: Selection, now: datetime) -> dict[str, Any]:
    """How well recording, alerting and the engine work: nine queries, and one round trip to Valkey."""
    health = {**store_health(now), **alerts_health(now)}
    checks = [
        *checks_of(health, engine.look().degraded_since, now),
        clocks_check(clocks_off(now)),
        telling(reach.gap()),
    ]
    sizes = [
        (name.removeprefix("telemetry_").replace("_", " "), formats.size(value))
        for name, value in health["size_bytes"].items()
    ]
    return {
        "now": now,
        "selection": selection,
        "verdict": verdict_of(checks),
        "checks": checks,
        "sizes": sorted(sizes),
        "stored": health["stored"],
    }
