"""What has to be done now and then for the whole."""

from datetime import timedelta

from axes.models import AccessAttempt, AccessLog
from celery import shared_task
from django.utils import timezone

# From where people logged in: kept for as long as it spares them a lock.
LOGINS_KEPT_FOR = timedelta(days=30)
ATTEMPTS_KEPT_FOR = timedelta(days=1)


@shared_task
def delete_old_logins() -> int:
    """Forget log-ins and wrong passwords of long ago; how many."""
    now = timezone.now()
    logins: int = AccessLog.objects.filter(attempt_time__lt=now - LOGINS_KEPT_FOR).delete()[0]
    attempts: int = AccessAttempt.objects.filter(attempt_time__lt=now - ATTEMPTS_KEPT_FOR).delete()[0]
    return logins + attempts
