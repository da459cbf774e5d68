"""What Celery beat starts every few seconds. The time enters here."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from fcntl import LOCK_EX, LOCK_NB, flock
from functools import partial
from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from telemetry.alerts.dead_mans_switch import tell_outward
from telemetry.alerts.deliver import Sender
from telemetry.alerts.evaluation import evaluate
from telemetry.alerts.health import is_beat
from telemetry.process.heartbeats import JUDGING, SENDING, beat

# How long a sender takes new messages while attempts at slow receivers go on; then the next sender does. With its
# last attempts it has a place of the worker for half a minute at most, and at most two senders have one.
TURN = timedelta(seconds=20)


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


@shared_task
def send_deliveries() -> None:
    """Send what is due. Does nothing while another process of this machine sends: that one takes what is new."""
    sender = Sender(timezone.now, random.Random(), looked=partial(beat, SENDING))
    with sender, alone(settings.DATA_DIR / "sending.lock") as mine:
        # The lock is given back before the last attempts end, so that the next sender need not wait for them.
        if mine:
            sender.serve(TURN)


@contextmanager
def alone(path: Path) -> Iterator[bool]:
    """Whether nobody else on this machine is inside. The lock ends with the process, however that ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            flock(file, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
