"""What is told: the payload that is stored with a delivery, and its subject. Pure but for the settings."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from telemetry.alerts import wording
from telemetry.alerts.evidence import stamp
from telemetry.alerts.models import Delivery, Incident, Route, Rule, Severity

FAULTS_NAMED = 5


def incident_url(pk: int) -> str:
    """Where the incident can be read and acknowledged: the page named ``incident``, whoever serves it."""
    return f"{settings.PUBLIC_URL}{reverse('incident', args=[pk])}"


def firing(incident: Incident, now: datetime) -> dict[str, Any]:
    evidence = incident.evidence
    return payload(
        "incident.firing",
        now,
        **about(incident),
        summary=incident.summary,
        detail=wording.counts(evidence),
        cause=wording.cause(evidence),
        resolved_at=None,
        evidence=evidence,
    )


def resolved(incident: Incident, ending: str, now: datetime) -> dict[str, Any]:
    """*ending* is the sentence that says how it ended."""
    return payload(
        "incident.resolved",
        now,
        **about(incident),
        summary=ending,
        detail=f"It was at {wording.percent(incident.worst_value)} at worst, "
        f"over {wording.over(incident.evidence)}.",
        cause="",
        resolved_at=stamp(now),
        evidence=None,
    )


def test(route: Route, now: datetime) -> dict[str, Any]:
    return payload(
        "route.test",
        now,
        incident_id=None,
        url=settings.PUBLIC_URL,
        rule=None,
        severity=Severity(Severity.INFO).label,
        tool=None,
        summary=f"TEST: the route {route.name} works",
        detail="Somebody sent this from the SalesBoost admin. Nothing is broken.",
        cause="",
        began_at=None,
        opened_at=None,
        resolved_at=None,
        evidence=None,
    )


def fault(rule: Rule, tools: Sequence[str], error: str, now: datetime) -> dict[str, Any]:
    """*tools*: for which it cannot be judged; blank: for all."""
    named = [tool for tool in tools if tool]
    for_tools = f" for {', '.join(map(wording.plain, named[:FAULTS_NAMED]))}" if named else ""
    more = f" and {len(named) - FAULTS_NAMED} more" if len(named) > FAULTS_NAMED else ""
    return payload(
        "rule.fault",
        now,
        incident_id=None,
        url=f"{settings.PUBLIC_URL}{reverse('incidents')}",
        rule=rule.name,
        severity=Severity(rule.severity).label,
        tool=named[0] if len(named) == 1 else None,
        summary=f"The rule {rule.name} cannot be judged{for_tools}{more}",
        detail=f"{error}. Until this is mended it tells of no incident there; all other rules are judged.",
        cause="",
        began_at=stamp(now),
        opened_at=stamp(now),
        resolved_at=None,
        evidence=None,
    )


def about(incident: Incident) -> dict[str, Any]:
    return {
        "incident_id": incident.pk,
        "url": incident_url(incident.pk),
        "rule": incident.rule.name,
        "severity": Severity(incident.severity).label,
        "tool": incident.tool,
        "began_at": stamp(incident.began_at),
        "opened_at": stamp(incident.opened_at),
    }


def payload(kind: str, now: datetime, **data: Any) -> dict[str, Any]:
    """The body of a message as the Standard Webhooks scheme has it."""
    return {"type": kind, "timestamp": stamp(now), "data": data}


def subject(delivery: Delivery) -> str:
    """``[SalesBoost] CRITICAL: crm_integration is at 61.2 %, below 90 %``."""
    data = delivery.message["data"]
    lead = {
        Delivery.Kind.FIRING: f"{data['severity'].upper()}: ",
        Delivery.Kind.RESOLVED: "Resolved: ",
        Delivery.Kind.TEST: "",
        Delivery.Kind.FAULT: f"{data['severity'].upper()}: ",
    }
    return f"[SalesBoost] {lead[Delivery.Kind(delivery.kind)]}{data['summary']}"
