"""Opens and ends incidents: what follows from a change of state, in the evaluator's transaction."""

import logging
from datetime import datetime
from typing import Any

from django.db import transaction

from telemetry.alerts import evidence, outbox, wording
from telemetry.alerts.causes import behind_breaker
from telemetry.alerts.looks import Look
from telemetry.alerts.models import Incident, IncidentEvent, Rule, State
from telemetry.alerts.windows import read_course
from telemetry.semconv import Outcome

logger = logging.getLogger(__name__)


def open_incident(each: Look, now: datetime) -> Incident:
    """The incident of the look; its firing messages are queued if it was not open yet."""
    known, began_at = gathered(each, now)
    incident, is_new = Incident.objects.get_or_create(
        rule=each.rule,
        tool=each.tool,
        resolved_at=None,
        defaults={
            "severity": each.rule.severity,
            "began_at": began_at,
            "opened_at": now,
            "summary": wording.summary(each.tool, known),
            "worst_value": each.seen.value or 0.0,
            "evidence": known,
        },
    )
    if is_new:
        parts = (f"Fired: {incident.summary}.", wording.counts(known), wording.cause(known))
        IncidentEvent.objects.create(incident=incident, at=now, text=" ".join(filter(None, parts)))
        outbox.tell_firing(incident, now)
    return incident


def gathered(each: Look, now: datetime) -> tuple[dict[str, Any], datetime]:
    """The evidence, and when it began. What cannot be gathered never holds back a firing."""
    known = evidence.bare(each)
    began_at = each.before.since if each.before.state == State.PENDING else now
    try:
        with transaction.atomic():
            failed = any(tally.of(Outcome.BREAKER) for tally in each.shown_calls.values())
            known = evidence.gather(
                each, behind_breaker(each.tool, each.window, each.rule.calls) if failed else None
            )
            course = read_course(each.tool, evidence.course_window(each, last_end(each)))
            began_at = evidence.began_at(each, course) or began_at
    except Exception:
        logger.exception("The evidence for %s of %s is incomplete", each.rule.name, each.tool)
    return known, began_at


def last_end(each: Look) -> datetime | None:
    """When the last incident of the same rule and tool ended."""
    ended = Incident.objects.filter(rule=each.rule, tool=each.tool).exclude(resolved_at=None)
    return ended.order_by("-resolved_at").values_list("resolved_at", flat=True).first()


def worsen_incident(rule: Rule, tool: str, value: float | None) -> bool:
    """Remember *value* if it is the lowest of the open incident; whether it is."""
    lower = Incident.objects.open().filter(rule=rule, tool=tool, worst_value__gt=value)
    return lower.update(worst_value=value) == 1


def end_incident(rule: Rule, tool: str, ending: str, now: datetime) -> bool:
    """End the open incident and queue its resolved messages; False if there is none."""
    incident = Incident.objects.open().filter(rule=rule, tool=tool).select_related("rule").first()
    if incident is None:
        return False
    ended = Incident.objects.open().filter(pk=incident.pk).update(resolved_at=now)
    if ended != 1:
        return False  # somebody else did
    IncidentEvent.objects.create(incident=incident, at=now, text=f"Resolved: {ending}.")
    outbox.tell_resolved(incident, ending, now)
    return True
