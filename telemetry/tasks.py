"""What Celery runs for the recording side."""

import logging

from celery import shared_task
from django.db import connection
from django.utils import timezone

from telemetry.database import partitions
from telemetry.process.heartbeats import WORKER, beat
from telemetry.store import retention

logger = logging.getLogger(__name__)


@shared_task
def beat_heart() -> None:
    """Note that a worker runs tasks; the health page shows the age of this note."""
    beat(WORKER)


@shared_task
def maintain_partitions() -> None:
    """Make the partitions of the next days and drop what is past its retention."""
    partitions.ensure_ahead(connection)
    removed = retention.apply(timezone.now())
    if removed.postponed or removed.unfinished:
        logger.warning("Retention goes on in an hour: in use %s, rows of rollups left.", removed.postponed)
