"""Whether alerts can be believed: rules are judged, and messages go out. By the work itself, not by its worker."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Max, Min

from telemetry.alerts.deliver import neglected
from telemetry.alerts.faults import Fault, current
from telemetry.alerts.models import Delivery, Rule, RuleFault, RuleState
from telemetry.process import heartbeats
from telemetry.process.heartbeats import JUDGING, OUTWARD, SENDING


def alerts_health(now: datetime) -> dict[str, Any]:
    """How well alerting works, in five queries. Raises ``django.db.Error``.

    ``judged``, ``sent`` and ``outward``: the last ``heartbeats.Beat``, or None: of all rules being judged, of what
    was due in the outbox being sent, of HEARTBEAT_URL having answered. ``messages_waiting``: not sent yet, those
    included that are tried again later; ``oldest_due_message_age_s``: for how long the oldest of them could have
    been sent; 0 for none. What waits for its receiver, which may be slow or silent, is not among these.
    ``heartbeat_to``: the host of HEARTBEAT_URL, "" where there is none.
    ``faults``: what cannot be judged while the rest is, each a ``faults.Fault``. ``tools_left_out``: how many
    reported tools the fullest rule has no room for.
    """
    last = heartbeats.last()
    waiting = neglected(now, timedelta(seconds=heartbeats.limit_s(SENDING)))
    oldest = waiting.aggregate(at=Min("next_attempt_at"))["at"]
    return {
        "judged": last.get(JUDGING),
        "sent": last.get(SENDING),
        "outward": last.get(OUTWARD),
        "heartbeat_to": urlsplit(settings.HEARTBEAT_URL).hostname or "",
        "faults": current(),
        "tools_left_out": Rule.objects.filter(enabled=True).aggregate(most=Max("tools_left_out"))["most"] or 0,
        "messages_waiting": Delivery.objects.filter(status=Delivery.Status.PENDING).count(),
        "oldest_due_message_age_s": max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
    }


def is_beat(now: datetime) -> bool:
    """Whether the look of *now* judged something, or nothing in it was at fault.

    A look of faults alone is none: it ended, and nothing that is called was judged.
    """
    faulty = RuleFault.objects.filter(seen_at=now).exists()
    return not faulty or RuleState.objects.filter(evaluated_at=now).exists()


def fault_sentence(fault: Fault) -> str:
    """What cannot be judged, since when and why, without a full stop."""
    whom = fault.tool or "any tool"
    return f"the rule {fault.rule} cannot be judged for {whom} since {fault.since:%d %b %H:%M} UTC: {fault.error}"


def judging_stopped(health: Mapping[str, Any]) -> bool:
    """Whether rules have not been judged for so long that nobody would be told of a fault."""
    return heartbeats.stopped(JUDGING, health["judged"])


def sending_stuck(health: Mapping[str, Any]) -> bool:
    """Whether the outbox has not been emptied for so long, or holds what nobody takes."""
    waits = health["oldest_due_message_age_s"] > heartbeats.limit_s(SENDING)
    return waits or heartbeats.stopped(SENDING, health["sent"])
