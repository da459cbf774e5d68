"""Opens and ends incidents: what follows from a change of state, in the evaluator's transaction."""

from datetime import datetime

from telemetry.alerts import outbox, wording
from telemetry.alerts.evidence import gather
from telemetry.alerts.models import Incident, IncidentEvent, Rule
from telemetry.alerts.verdict import Verdict
from telemetry.alerts.windows import Calls, Window


def open_incident(
    rule: Rule, tool: str, *, began_at: datetime, seen: Verdict, calls: Calls, window: Window, now: datetime
) -> Incident:
    """The incident of *rule* for *tool*; its firing messages are queued if it was not open yet."""
    value = seen.value or 0.0
    incident, is_new = Incident.objects.get_or_create(
        rule=rule,
        tool=tool,
        resolved_at=None,
        defaults={
            "severity": rule.severity,
            "began_at": began_at,
            "opened_at": now,
            "summary": wording.breach(tool, value, rule.threshold),
            "worst_value": value,
            "evidence": gather(rule, calls, window, seen),
        },
    )
    if is_new:
        text = " ".join(
            filter(
                None,
                (
                    f"Fired: {incident.summary}.",
                    wording.counts(incident.evidence),
                    wording.cause(incident.evidence),
                ),
            )
        )
        IncidentEvent.objects.create(incident=incident, at=now, text=text)
        outbox.tell_firing(incident, now)
    return incident


def worsen_incident(rule: Rule, tool: str, value: float) -> None:
    """Remember *value* if it is the lowest of the open incident."""
    Incident.objects.open().filter(rule=rule, tool=tool, worst_value__gt=value).update(worst_value=value)


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


def how_it_ended(rule: Rule, tool: str, seen: Verdict, since: datetime, now: datetime) -> str:
    """The sentence for an incident that began to fire at *since*."""
    return wording.recovery(tool, seen.value if seen.recovered else None, now - since)
