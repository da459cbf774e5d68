"""Pause, resume and cancel. Each is a conditional change: twice is the same as once."""

from django.db import transaction
from django.utils import timezone

from tools.errors import InvalidArguments
from tools.jobs.calling import call_runner
from tools.jobs.models import ACTIVE, Job, JobState


class JobStateError(InvalidArguments):
    """The job is in a state in which this cannot be done."""

    code = "job_state"
    status = 409
    title = "The job's state does not allow it"


def pause(job: Job, reason: str = "") -> Job:
    """Start none of its calls any more; those that run end. Raises JobStateError for a job that is over."""
    return _move(job, frm=ACTIVE, to=JobState.PAUSED, reason=reason)


@transaction.atomic
def resume(job: Job) -> Job:
    """Go on where it stopped. Raises JobStateError for a job that is over."""
    if job.state in ACTIVE:
        return job
    job = _move(job, frm=(JobState.PAUSED,), to=JobState.QUEUED, reason="")
    start(job)
    return job


def cancel(job: Job, reason: str = "") -> Job:
    """Start none of its calls any more, for good; those that run end. Raises JobStateError for a done one."""
    return _move(job, frm=(*ACTIVE, JobState.PAUSED), to=JobState.CANCELLED, reason=reason)


def start(job: Job) -> None:
    """Have *job* run as soon as there is a place; call it within a transaction."""
    Job.objects.filter(pk=job.pk).update(due_at=timezone.now())
    call_runner(job)


def _move(job: Job, *, frm: tuple[JobState, ...], to: JobState, reason: str) -> Job:
    changes = {"ended_at": timezone.now()} if to == JobState.CANCELLED else {}
    moved = Job.objects.filter(pk=job.pk, state__in=frm).update(state=to, reason=reason, **changes)
    job.refresh_from_db()
    if not moved and job.state != to:
        raise JobStateError(
            f"The job is {job.state}: only one that is {' or '.join(frm)} can be made {to}.",
            hint="submit it anew" if job.state in (JobState.DONE, JobState.CANCELLED) else "",
        )
    return job
