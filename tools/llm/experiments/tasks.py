"""What is done again and again for experiments."""

from celery import shared_task
from django.utils import timezone


@shared_task
def judge_experiments() -> int:
    """Look at what is running; how many runs."""
    from tools.llm.experiments.judge import look_at_all

    return look_at_all(timezone.now())
