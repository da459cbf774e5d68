"""What Celery runs for exports. The time enters here."""

from celery import shared_task
from django.utils import timezone

from telemetry.exports import control
from telemetry.exports.models import Export, State


@shared_task
def run_next() -> None:
    """Write the export that has waited longest, then queue up again for the one after it."""
    from telemetry.exports.runner import Runner  # loaded by the workers that write exports alone

    ran = Runner().run_next()
    if ran is not None and Export.objects.filter(state=State.QUEUED).exists():
        control.call_runner()


@shared_task
def call_due_exports() -> None:
    """Begin again what a killed worker left, and call a runner where a message was lost."""
    control.call_due(timezone.now())


@shared_task
def delete_old_exports() -> None:
    control.clean_up(timezone.now())
