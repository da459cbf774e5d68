"""What Celery runs for sampling. The time enters here."""

from celery import shared_task
from django.utils import timezone

from telemetry.sampling.thinning import thin_due


@shared_task
def thin_closed_hours() -> None:
    """Thin the hours that have been over for a while, by the rules of the admin."""
    thin_due(timezone.now())
