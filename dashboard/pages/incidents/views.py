"""Incidents: what is open, what was, who was told, and who takes care."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from dashboard.addresses.selection import Selection
from dashboard.frame.access import CHANGE_INCIDENTS, SEE_INCIDENTS, needs
from dashboard.frame.chrome import chrome
from dashboard.queries import incident_history
from telemetry.alerts import incidents, reach
from telemetry.alerts.models import Incident

TEMPLATE = "dashboard/incidents.html"
PARTS = ("pulse", "open", "past")
PAST = 50


@require_GET
@needs(SEE_INCIDENTS)
def index(request: HttpRequest) -> HttpResponse:
    selection = Selection()
    return render(request, TEMPLATE, {**chrome("incidents"), **context(selection, timezone.now())})


def context(selection: Selection, now: datetime) -> dict[str, Any]:
    """Open and past incidents, the newest fifty of the latter, and whether anybody is told. Seven queries."""
    return {
        "now": now,
        "selection": selection,
        "untold": reach.gap(),
        "open": incidents.open_incidents(now),
        "past": [view for view in incidents.recent_incidents(now, PAST) if view.resolved_at],
    }


@require_GET
@needs(SEE_INCIDENTS)
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One incident with its timeline and its deliveries."""
    now = timezone.now()
    view = _view(pk, now)
    context = {
        **chrome("incidents"),
        "now": now,
        "incident": view,
        "timeline": incident_history.timeline(pk),
        "deliveries": incident_history.deliveries(pk),
    }
    return render(request, "dashboard/incident_page.html", context)


@require_POST
@needs(CHANGE_INCIDENTS)
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that the signed-in user takes care of it; a second click changes nothing."""
    now = timezone.now()
    incidents.acknowledge(get_object_or_404(Incident, pk=pk), request.user, now)  # type: ignore[arg-type]
    if not getattr(request, "htmx", False):
        return redirect("incident", pk=pk)
    return render(
        request, "dashboard/incident.html", {"incident": _view(pk, now), "now": now, "selection": Selection()}
    )


def _view(pk: int, now: datetime) -> incidents.IncidentView:
    rows = Incident.objects.select_related("rule", "acknowledged_by").prefetch_related("deliveries")
    return incidents.views([get_object_or_404(rows, pk=pk)], now)[0]
