"""What Celery beat starts every few seconds. The time enters here."""

import random

from celery import shared_task
from django.utils import timezone

from telemetry.alerts.deliver import send_due
from telemetry.alerts.evaluation import evaluate
from telemetry.alerts.health import is_beat
from telemetry.alerts.outward import tell_outward
from telemetry.beats import JUDGING, SENDING, beat

# Less than a delivery's lease, so a sender stuck on a slow receiver is stopped before another may take over.
SEND_LIMIT_S = 120


@shared_task
def evaluate_rules() -> None:
    now = timezone.now()
    changed = evaluate(now)
    # None: another process is at it, and beats for itself.
    if changed is not None and is_beat(now):
        beat(JUDGING)
    if changed:
        send_deliveries.delay()  # what was just queued; beat's turn may be seconds away


@shared_task
def tell_heartbeat() -> None:
    tell_outward()


@shared_task(soft_time_limit=SEND_LIMIT_S)
def send_deliveries() -> None:
    send_due(timezone.now(), random.Random())
    beat(SENDING)
