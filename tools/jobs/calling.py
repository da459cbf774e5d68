"""Calls a runner for a job: a message on the queue of its priority.

A message is a hint, never the truth. It names the job and the turn that it asks for; of several that ask for the
same turn the first is served and the others do nothing, so messages may be lost or doubled.
"""

import logging
from datetime import datetime
from functools import partial

from celery import current_app
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from tools.jobs.models import Job

logger = logging.getLogger(__name__)
# By its name, for the task itself has jobs called again. Messages wait under it from release to release.
RUN_TURN = "tools.jobs.tasks.run_turn"


def queue_of(priority: str) -> str:
    return f"jobs.{priority}"


def call_runner(job: Job) -> None:
    """Have *job*'s next turn run, once the current transaction is in the database."""
    transaction.on_commit(partial(send, job))


def call_due(now: datetime) -> int:
    """Call a runner for each job that has none and is due; how many were called."""
    jobs = list(Job.objects.to_call(now).order_by("due_at"))
    return sum(send(job) for job in jobs)


def send(job: Job) -> bool:
    """Put the message on the queue; False while the broker is away, which ``call_due`` makes up for."""
    Job.objects.filter(pk=job.pk).update(called_at=timezone.now())
    try:
        current_app.send_task(
            RUN_TURN,
            args=(str(job.pk), job.turn),
            queue=queue_of(job.priority),
            retry=False,
            ignore_result=True,
        )
    except (OperationalError, OSError) as error:
        logger.warning("the queue is away, job %s waits for it: %s", job.pk, error)
        Job.objects.filter(pk=job.pk).update(called_at=None)
        return False
    return True
