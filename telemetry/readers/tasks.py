"""What Celery runs for those who read by SQL."""

import logging

from celery import shared_task
from django.db import connections

from telemetry.readers import guard, role

logger = logging.getLogger(__name__)


@shared_task
def end_overruns() -> None:
    """End what readers have let run for longer than anybody may, their own settings notwithstanding."""
    for alias in connections:  # a replica has sessions of its own
        with connections[alias].cursor() as cursor:
            for name in guard.end_overruns(cursor, role.logins(cursor)):
                logger.warning("The SQL reader %s went on for too long: its connection is ended.", name)
