"""Builds calls for the dashboard's tests, through the one writer, so that spans and rollups agree."""

import itertools
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from telemetry.alerts.models import Incident, Rule
from telemetry.counts.outcome_counts import Tally
from telemetry.semconv import FAILED, Outcome
from telemetry.spans.rows import SpanRow
from telemetry.store.batches import write_spans
from tests.telemetry.builders import make_row

_numbers = itertools.count(1)


def call_row(outcome: Outcome = Outcome.FIRST_TRY, *, at: datetime | None = None, **changes: Any) -> SpanRow:
    """One call; a failed one says what is wrong with it."""
    number = next(_numbers)
    failed = outcome in FAILED
    values: dict[str, Any] = {
        "start_time": at or timezone.now(),
        "trace_id": uuid.uuid4(),
        "span_id": (number * 2654435761) % 2**62,
        "operation": "execute_tool",
        "duration_ms": 40.0,
        "status": 2 if failed else 1,
        "outcome": str(outcome),
        "tool": "crm_integration",
        "provider": "openai",
        "model": "gpt-4o",
        "caller_role": "coach",
        "tool_call_id": f"call_{number}",
        "error_type": str(outcome) if failed else "",
        "error_message": f"it ended in {outcome}" if failed else "",
    }
    return make_row(**{**values, **changes})


def store_calls(good: int = 0, bad: int = 0, *, outcome: Outcome = Outcome.TIMEOUT, **changes: Any) -> None:
    """Store *good* calls that succeeded at once and *bad* ones that ended in *outcome*."""
    at = changes.pop("at", None) or timezone.now()
    rows = [
        call_row(Outcome.FIRST_TRY if index < good else outcome, at=at + timedelta(microseconds=index), **changes)
        for index in range(good + bad)
    ]
    write_spans(rows)


def tally(good: int = 0, bad: int = 0, outcome: Outcome = Outcome.TIMEOUT, **more: int) -> Tally:
    """A tally without a database."""
    counts = {Outcome.FIRST_TRY: good, outcome: bad} | {Outcome(name): number for name, number in more.items()}
    return Tally(counts=counts)


def open_incident(**changes: Any) -> Incident:
    """An incident of crm_integration that fired 23 minutes ago."""
    now = timezone.now()
    rule = Rule.objects.get_or_create(name="Success rate of a tool")[0]
    evidence = {
        "value": 0.812,
        "share": "calls",
        "late": False,
        "total": 160,
        "factors": [[155, 160], [130, 155]],
        "interval": [0.744, 0.866],
        "window": {"seconds": 300},
        "from_cache": 0,
        "layers": [{"layer": "timeout", "failed": 25, "share": 0.84}],
        "providers": [],
        "rule": {"threshold": 0.9},
    }
    values: dict[str, Any] = {
        "rule": rule,
        "tool": "crm_integration",
        "severity": 30,
        "began_at": now - timedelta(minutes=24),
        "opened_at": now - timedelta(minutes=23),
        "summary": "crm_integration is at 81.2 %",
        "worst_value": 0.8,
        "evidence": evidence,
    }
    return Incident.objects.create(**{**values, **changes})
