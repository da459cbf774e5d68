"""What has to be done now and then for choice."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone


@shared_task
def delete_old_decisions() -> int:
    """Forget decisions that are older than spans are kept; how many."""
    from tools.selection.models import LoggedDecision

    oldest = timezone.now() - timedelta(days=settings.RETENTION_DAYS)
    return int(LoggedDecision.objects.filter(decided_at__lt=oldest).delete()[0])
