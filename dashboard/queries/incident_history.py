"""Incidents of a period, and what became of one. Each function is one query."""

from datetime import datetime

from django.db.models import Max, Q

from dashboard.addresses.periods import Window
from telemetry.alerts.models import Delivery, Incident, IncidentEvent


def incident_stretches(window: Window, tool: str = "") -> list[tuple[datetime, datetime | None]]:
    """When incidents were open in the period: (from, to), the end None while one is."""
    reaching_in = Q(resolved_at=None) | Q(resolved_at__gte=window.start)
    found = Incident.objects.filter(reaching_in, began_at__lt=window.end)
    if tool:
        found = found.filter(tool=tool)
    return list(found.order_by("began_at").values_list("began_at", "resolved_at"))


def last_incident_ended() -> datetime | None:
    """When the newest ended incident ended; None if there never was one."""
    ended: datetime | None = Incident.objects.aggregate(ended=Max("resolved_at"))["ended"]
    return ended


def timeline(incident_pk: int) -> list[IncidentEvent]:
    return list(IncidentEvent.objects.filter(incident=incident_pk).order_by("at", "pk"))


def deliveries(incident_pk: int) -> list[Delivery]:
    """The tellings of an incident, oldest first."""
    return list(Delivery.objects.filter(incident=incident_pk).order_by("created_at", "pk"))
