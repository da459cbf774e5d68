"""Jobs go when the spans of their calls go."""

from datetime import datetime, timedelta

from django.conf import settings

from tools.jobs.models import Job, JobItem

DELETED_AT_ONCE = 100


def apply(now: datetime) -> int:
    """Delete the jobs that ended more than RETENTION_DAYS ago, with their items and edits; how many."""
    old = Job.objects.ended_before(now - timedelta(days=settings.RETENTION_DAYS))
    deleted = 0
    while batch := list(old.values_list("pk", flat=True)[:DELETED_AT_ONCE]):
        items = JobItem.objects.filter(job__in=batch)
        JobItem.history.filter(id__in=items.values("pk")).delete()
        items.delete()
        deleted += Job.objects.filter(pk__in=batch).delete()[0]
    return deleted
