"""What is done again and again for experiments."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone


@shared_task
def judge_experiments() -> int:
    """Look at what is running; how many runs."""
    from tools.llm.experiments.judge import look_at_all

    return look_at_all(timezone.now())


@shared_task
def forget_old_sessions() -> int:
    """Forget which sessions were exposed when their spans are gone, and feedback as old as arguments; how many.

    Units, of which a hash is kept, and their sums stay with their run.
    """
    from tools.llm.experiments.models import ExposedSession, Feedback

    now = timezone.now()
    spans_from = now - timedelta(days=settings.RETENTION_DAYS)
    comments_from = now - timedelta(days=settings.PAYLOAD_RETENTION_DAYS)
    sessions, _ = ExposedSession.objects.filter(exposure__at__lt=spans_from).delete()
    return int(sessions + Feedback.objects.filter(at__lt=comments_from).delete()[0])
