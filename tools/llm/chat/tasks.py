"""What has to be done now and then for conversations."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone


@shared_task
def delete_old_conversations() -> int:
    """Forget those in which nothing was said for as long as arguments of calls are kept; how many."""
    from tools.llm.chat.models import Kept

    oldest = timezone.now() - timedelta(days=settings.PAYLOAD_RETENTION_DAYS)
    return int(Kept.objects.filter(said_at__lt=oldest).delete()[0])
