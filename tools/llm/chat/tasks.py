"""What has to be done now and then for conversations."""

from celery import shared_task
from django.utils import timezone

from tools.llm.chat.keeping import delete_old


@shared_task
def delete_old_conversations() -> int:
    """Forget those in which nothing was said for as long as arguments of calls are kept; how many."""
    return delete_old(timezone.now())
