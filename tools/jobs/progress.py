"""How far a job is, how fast it goes and when it will be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Max
from pydantic_core import from_json

from telemetry.redaction import redact, redact_value
from tools.jobs.models import ACTIVE, Job, JobItem

# The rate is that of the last minute: what is to come goes as things go now, not as they went at first.
RATE_OVER = timedelta(seconds=60)
LEAST_S = 1.0


def as_dict(job: Job) -> dict[str, Any]:
    """A job for programs: what was asked for, its state and its counts."""
    return {
        "id": str(job.pk),
        "name": job.name,
        "priority": job.priority,
        "state": job.state,
        "reason": job.reason,
        "caller_role": job.caller_role,
        "session_id": job.session_id,
        "submitter": job.submitter,
        "max_concurrent": job.max_concurrent,
        "counts": {
            "total": job.total,
            "waiting": job.waiting,
            "running": job.running,
            "succeeded": job.succeeded,
            "failed": job.failed,
        },
        "created_at": job.created_at,
        "started_at": job.started_at,
        "ended_at": job.ended_at,
    }


def in_detail(job: Job, now: datetime) -> dict[str, Any]:
    """``as_dict``, ``rate_per_s`` and ``eta_s`` (None: nobody knows), and which tools it waits for."""
    rate = rate_per_s(job, now) if job.state in ACTIVE else None
    left = job.total - job.finished
    return {
        **as_dict(job),
        "rate_per_s": None if rate is None else round(rate, 3),
        "eta_s": round(left / rate, 1) if rate else None,
        "waits_for": {
            tool: datetime.fromtimestamp(hold["until"], tz=UTC)
            for tool, hold in job.holds.items()
            if job.state in ACTIVE and hold["until"] > now.timestamp()
        },
    }


def rate_per_s(job: Job, now: datetime) -> float | None:
    """Items that ended each second, in the last minute or since the start; None before the start."""
    return None if job.started_at is None else rates([job], now).get(job.pk, 0.0)


def rates(jobs: Sequence[Job], now: datetime) -> dict[UUID, float]:
    """``rate_per_s`` of those *jobs* of which an item ended in the last minute. One query."""
    since = {job.pk: max(job.started_at or now, now - RATE_OVER) for job in jobs}
    recent = JobItem.objects.filter(job__in=since, ended_at__gt=now - RATE_OVER, ended_at__lte=now)
    counts = recent.order_by().values_list("job").annotate(Count("pk"))
    return {pk: count / max((now - since[pk]).total_seconds(), LEAST_S) for pk, count in counts}


@dataclass(frozen=True, slots=True)
class Cause:
    """Dead letters of one tool with one error code."""

    tool: str
    error_code: str
    items: int
    newest: datetime


def causes(most: int) -> list[Cause]:
    """Why there are dead letters, what most of them have first. One query."""
    by_cause = JobItem.objects.dead().order_by().values_list("tool", "error_code")
    counted = by_cause.annotate(items=Count("pk"), newest=Max("ended_at")).order_by("-items", "tool")
    return [Cause(*row) for row in counted[:most]]


def item_as_dict(item: JobItem, *, whole: bool, payloads: bool = True) -> dict[str, Any]:
    """An item for programs; ``result`` is text where all of it was too long to keep.

    Not *whole*: without secrets and personal data, for those who watch and are not the ones whose calls these are.
    Without *payloads* ``payload`` and ``result`` are None.
    """
    error = None
    if item.error_code:
        message = item.error_message if whole else redact(item.error_message)
        error = {"code": item.error_code, "layer": item.error_layer, "message": message}
    result = read_result(item.result)
    return {
        "id": item.pk,
        "job_id": str(item.job_id),
        "position": item.position,
        "tool": item.tool,
        "payload": (item.payload if whole else redact_value("", item.payload)) if payloads else None,
        "state": item.state,
        "attempts": item.attempts,
        "tool_call_ids": item.tool_call_ids,
        "result": (result if whole else redact_value("", result)) if payloads else None,
        "error": error,
        "started_at": item.started_at,
        "ended_at": item.ended_at,
    }


def read_result(text: str) -> Any:
    try:
        return from_json(text) if text else None
    except ValueError:
        return text
