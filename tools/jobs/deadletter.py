"""Dead letters: items that failed after everything that is done by itself. They are mended and replayed here."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from tools.errors import InvalidArguments
from tools.jobs.control import JobStateError, start
from tools.jobs.models import ACTIVE, ItemState, Job, JobItem, JobState
from tools.jobs.submission import storable
from tools.running.runtime import get_executor


@transaction.atomic
def edit(item: JobItem, payload: Any, *, by: str, user: User | None = None) -> JobItem:
    """Give a dead letter another payload, and keep who did it, what it was before and what it is now.

    Raises InvalidArguments, in the engine's own words, if the payload does not fit the tool; JobStateError if the
    item is no dead letter.
    """
    locked = JobItem.objects.select_for_update().get(pk=item.pk)
    if locked.state != ItemState.FAILED:
        raise JobStateError(f"Only a failed item may be edited; this one is {locked.state}.")
    check_payload(locked.tool, payload)
    if payload == locked.payload:
        return locked
    if not locked.history.exists():
        keep(locked, locked.job.created_at, "as submitted", "+", locked.job.user)
    locked.payload = payload
    JobItem.objects.filter(pk=locked.pk).update(payload=payload)
    keep(locked, timezone.now(), f"edited by {by}"[:100], "~", user)
    return locked


def keep(item: JobItem, at: datetime, reason: str, kind: str, user: User | None) -> None:
    """Add to the item's history. By hand, for the first entry is older than the request that makes it."""
    JobItem.history.model.objects.create(
        id=item.pk,
        tool=item.tool,
        payload=item.payload,
        history_date=at,
        history_change_reason=reason,
        history_type=kind,
        history_user=user,
    )


def check_payload(tool: str, payload: Any) -> None:
    """Raises what a call of *tool* with *payload* would be refused with."""
    if storable([{"payload": payload}])[1]:
        raise InvalidArguments("The payload holds the character U+0000, which cannot be stored: leave it out.")
    get_executor().registry.get(tool).schema.validate(payload)


def replay(items: Iterable[int]) -> int:
    """Have the dead letters of those ids run again, each in its own job; how many will.

    Raises JobStateError, and replays none, if one of them belongs to a cancelled job.
    """
    return _replay(list(JobItem.objects.dead().filter(pk__in=items).values_list("pk", flat=True)))


def replay_job(job: Job) -> int:
    """Have all dead letters of *job* run again."""
    return _replay(list(job.items.dead().values_list("pk", flat=True)))


@transaction.atomic
def _replay(ids: list[int]) -> int:
    # Jobs before items, in order: as runners lock them, and so that two replays never wait for each other.
    owners = JobItem.objects.filter(pk__in=ids).values("job")
    jobs = list(Job.objects.select_for_update().filter(pk__in=owners).order_by("pk"))
    cancelled = [str(job) for job in jobs if job.state == JobState.CANCELLED]
    if cancelled:
        raise JobStateError(
            f"Nothing was replayed, for these jobs are cancelled: {', '.join(cancelled[:5])}.",
            hint="leave their items out, or submit them in a new job",
        )
    dead = JobItem.objects.dead().filter(pk__in=ids)
    counts = dict(dead.order_by().values_list("job").annotate(Count("pk")))
    replayed = dead.update(
        state=ItemState.WAITING,
        lost=0,
        error_code="",
        error_layer="",
        error_message="",
        started_at=None,
        ended_at=None,
    )
    for job in jobs:
        _reopen(job, counts.get(job.pk, 0))
    return replayed


def _reopen(job: Job, replayed: int) -> None:
    job.failed -= replayed
    if job.state == JobState.DONE and replayed:
        job.state, job.ended_at = JobState.QUEUED, None
    job.save(update_fields=["failed", "state", "ended_at"])
    if job.state in ACTIVE:
        start(job)
