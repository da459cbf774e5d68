"""What Celery beat starts every few seconds. The time enters here."""

import random

from celery import shared_task
from django.utils import timezone

from telemetry.alerts.deliver import send_due
from telemetry.alerts.evaluation import evaluate

# Less than a delivery's lease, so a sender stuck on a slow receiver is stopped before another may take over.
SEND_LIMIT_S = 120


@shared_task
def evaluate_rules() -> None:
    if evaluate(timezone.now()):
        send_deliveries.delay()  # what was just queued; beat's turn may be seconds away


@shared_task(soft_time_limit=SEND_LIMIT_S)
def send_deliveries() -> None:
    send_due(timezone.now(), random.Random())
