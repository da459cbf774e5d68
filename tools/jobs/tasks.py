"""What Celery runs for batch jobs. The time enters here.

What a turn needs is loaded by the workers that make turns, with the first (``salesboost/worker/loading.py``), and
not by the one that calls for them.
"""

from celery import shared_task
from django.utils import timezone

from tools.jobs import calling, recovery, retention


@shared_task(name=calling.RUN_TURN)
def run_turn(job_id: str, turn: int) -> None:
    """Work on a job for a few seconds, then queue up again behind the others."""
    from tools.cache import warming
    from tools.jobs.runner import Turn
    from tools.running.runtime import get_executor

    warming.start()
    Turn(job_id, turn, get_executor()).run()


@shared_task(name="tools.jobs.tasks.call_due_jobs")
def call_due_jobs() -> None:
    """Call a runner for every job that is due: its wait is over, or its runner or its message was lost."""
    now = timezone.now()
    recovery.sweep(now)
    calling.call_due(now)


@shared_task(name="tools.jobs.tasks.delete_old_jobs")
def delete_old_jobs() -> None:
    retention.apply(timezone.now())
