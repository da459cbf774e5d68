"""Incidents for pages: what is open, what was, and who takes care."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from telemetry.alerts import wording
from telemetry.alerts.messages import incident_url
from telemetry.alerts.models import Delivery, Incident, IncidentEvent, Judgement, RuleState


@dataclass(frozen=True, slots=True)
class Told:
    """How far telling one route has come."""

    route: str
    kind: str
    status: str
    attempts: int
    error: str


@dataclass(frozen=True, slots=True)
class IncidentView:
    """An incident as a page shows it. *value* to *total* are of the last look; for an ended one, of the first."""

    pk: int
    url: str
    tool: str
    rule: str
    severity: str
    sentence: str
    detail: str
    cause: str
    began_at: datetime
    opened_at: datetime
    resolved_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    value: float | None
    worst_value: float
    interval: tuple[float, float]
    total: int
    too_few_calls: bool
    told: tuple[Told, ...]
    over: str = ""  # the length of the window that a look is over, in words


def open_incidents(now: datetime) -> list[IncidentView]:
    """The open incidents, worst severity first, then oldest. Three queries, however many there are."""
    rows = Incident.objects.open().order_by("-severity", "opened_at")
    return views(rows.select_related("rule", "acknowledged_by").prefetch_related("deliveries"), now)


def recent_incidents(now: datetime, count: int = 20) -> list[IncidentView]:
    """The newest incidents, open and ended. Three queries."""
    rows = Incident.objects.select_related("rule", "acknowledged_by").prefetch_related("deliveries")
    return views(rows.newest(count), now)


def acknowledge(incident: Incident, user: User, now: datetime) -> bool:
    """Note that *user* takes care of it; False if it ended or somebody did before."""
    free = Incident.objects.open().filter(pk=incident.pk, acknowledged_at=None)
    with transaction.atomic():
        if free.update(acknowledged_at=now, acknowledged_by=user) != 1:
            return False
        text = f"Acknowledged by {user.get_username()}."
        IncidentEvent.objects.create(incident=incident, at=now, text=text, user=user)
    return True


def views(rows: Iterable[Incident], now: datetime) -> list[IncidentView]:
    incidents = list(rows)
    states = RuleState.objects.filter(rule__in={incident.rule_id for incident in incidents})
    current = {(state.rule_id, state.tool): state for state in states} if incidents else {}
    return [view(incident, current.get((incident.rule_id, incident.tool)), now) for incident in incidents]


def view(incident: Incident, state: RuleState | None, now: datetime) -> IncidentView:
    """*incident* with the numbers of *state*, the last look at its tool. No I/O."""
    is_open = incident.resolved_at is None
    seen = state if is_open else None
    quiet = seen is not None and seen.judgement == Judgement.INSUFFICIENT
    evidence = incident.evidence
    value = (None if quiet else seen.value) if seen else evidence["value"]
    return IncidentView(
        pk=incident.pk,
        url=incident_url(incident.pk),
        tool=incident.tool,
        rule=incident.rule.name,
        severity=incident.get_severity_display(),
        sentence=sentence(incident, value, now, seen.share if seen else "calls"),
        detail=wording.counts(evidence),
        cause=wording.cause(evidence),
        began_at=incident.began_at,
        opened_at=incident.opened_at,
        resolved_at=incident.resolved_at,
        acknowledged_at=incident.acknowledged_at,
        acknowledged_by=incident.acknowledged_by.get_username() if incident.acknowledged_by else "",
        value=value,
        worst_value=incident.worst_value,
        interval=(seen.lower, seen.upper) if seen else tuple(evidence["interval"]),
        total=seen.total if seen else evidence["total"],
        too_few_calls=quiet,
        told=tuple(told(delivery) for delivery in incident.deliveries.all()),
        over=wording.over(evidence),
    )


def sentence(incident: Incident, value: float | None, now: datetime, share: str) -> str:
    """What the incident is, or was, in plain words."""
    threshold = incident.evidence["rule"]["threshold"]
    if incident.resolved_at is None:
        return wording.current(incident.tool, value, threshold, now - incident.began_at, share)
    lasted = wording.span(incident.resolved_at - incident.began_at)
    whose = wording.subject(incident.tool, incident.evidence["share"])
    return (
        f"{whose} was below {wording.percent(threshold)} for {lasted}, "
        f"{wording.percent(incident.worst_value)} at worst over {wording.over(incident.evidence)}"
    )


def told(delivery: Delivery) -> Told:
    return Told(
        delivery.route_name,
        delivery.kind,
        delivery.get_status_display().lower(),
        delivery.attempts,
        delivery.error,
    )
