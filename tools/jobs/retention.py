"""Jobs go when the spans of their calls go."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from tools.jobs.models import Job

DELETED_AT_ONCE = 100
# By SQL: the ORM would read every item first, and note in the history that it was deleted.
DELETES = (
    "DELETE FROM jobs_historicaljobitem WHERE id IN (SELECT id FROM jobs_jobitem WHERE job_id = ANY(%s))",
    "DELETE FROM jobs_jobitem WHERE job_id = ANY(%s)",
    "DELETE FROM jobs_job WHERE id = ANY(%s)",
)


def apply(now: datetime) -> int:
    """Delete the jobs that ended more than RETENTION_DAYS ago, with their items and edits; how many."""
    deleted = 0
    while batch := _delete_some(now - timedelta(days=settings.RETENTION_DAYS)):
        deleted += batch
    return deleted


@transaction.atomic
def _delete_some(before: datetime) -> int:
    """Delete up to DELETED_AT_ONCE jobs; locked, for somebody might just now replay one."""
    old = Job.objects.ended_before(before).select_for_update(skip_locked=True)
    ids = list(old.values_list("pk", flat=True)[:DELETED_AT_ONCE])
    with connection.cursor() as cursor:
        for statement in DELETES if ids else ():
            cursor.execute(statement, [ids])
    return len(ids)
