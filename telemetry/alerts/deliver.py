"""Empties the outbox: claims what is due, sends it, stores the answer, plans the next attempt.

A claim is a conditional update that moves the next attempt ahead, so two senders never take the same delivery,
and one that dies in the middle only delays it. A resolved message waits for its firing message: who was never
told that something broke is not told that it works again.
"""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from telemetry.alerts.channels import load_channel
from telemetry.alerts.channels.base import ConfigError, DeliveryError, Message, Receipt
from telemetry.alerts.messages import subject
from telemetry.alerts.models import Delivery

BATCH = 16
THREADS = 8
# Longer than any attempt takes; a sender that died lets its deliveries go after this.
LEASE = timedelta(seconds=180)
# 10 s, 30 s, 90 s … up to 4 h: thirteen attempts in about 23 hours.
FIRST_DELAY_S = 10.0
GROWTH = 3.0
LONGEST_DELAY_S = 4 * 3600.0
MAXIMUM_ATTEMPTS = 13
JITTER = 0.2

Kind = Delivery.Kind
Status = Delivery.Status


def send_due(now: datetime, rng: random.Random) -> int:
    """Send what is due at *now*; how many messages were taken. *rng* spreads the retries."""
    drop_unsendable()
    claimed = [delivery for delivery in due(now)[:BATCH] if claim(delivery, now)]
    with ThreadPoolExecutor(THREADS) as pool:
        # The threads only talk to receivers; the database is this thread's.
        answers = list(pool.map(lambda delivery: attempt(delivery, now), claimed))
    for delivery, answer in zip(claimed, answers, strict=True):
        record(delivery, answer, now, rng)
    return sum(isinstance(answer, Receipt) for answer in answers)


def due(now: datetime) -> QuerySet[Delivery]:
    """Deliveries to attempt at *now*, oldest first; a resolved message only once its firing one is sent."""
    told = Delivery.objects.filter(
        incident=OuterRef("incident"), route=OuterRef("route"), kind=Kind.FIRING, status=Status.SENT
    )
    waiting = Delivery.objects.filter(status=Status.PENDING, next_attempt_at__lte=now)
    sendable = waiting.filter(~Q(kind=Kind.RESOLVED) | Exists(told))
    return sendable.select_related("route").order_by("next_attempt_at", "pk")


def drop_unsendable() -> None:
    """Mark what will not be sent any more: its route is gone or off, or nobody was told of the firing."""
    pending = Delivery.objects.filter(status=Status.PENDING)
    pending.filter(Q(route=None) | Q(route__enabled=False)).update(
        status=Status.SKIPPED, error="The route was switched off or deleted."
    )
    untold = Delivery.objects.filter(
        incident=OuterRef("incident"),
        route=OuterRef("route"),
        kind=Kind.FIRING,
        status__in=[Status.FAILED, Status.SKIPPED],
    )
    pending.filter(Exists(untold), kind=Kind.RESOLVED).update(
        status=Status.SKIPPED, error="The firing message never arrived, so there is nothing to take back."
    )


def claim(delivery: Delivery, now: datetime) -> bool:
    """Take *delivery* for one attempt; False if another sender has it."""
    same = Delivery.objects.filter(
        pk=delivery.pk,
        status=Status.PENDING,
        attempts=delivery.attempts,
        next_attempt_at=delivery.next_attempt_at,
    )
    delivery.attempts += 1
    return same.update(attempts=delivery.attempts, next_attempt_at=now + LEASE) == 1


def attempt(delivery: Delivery, now: datetime) -> Receipt | DeliveryError:
    """Send once; the receiver's answer or why there is none. Does not touch the database."""
    route = delivery.route
    if route is None:
        return DeliveryError("The route was deleted.", permanent=True)
    thread = f"incident-{delivery.incident_id}" if delivery.incident_id else ""
    message = Message(delivery.key, subject(delivery), delivery.message, now, thread)
    try:
        return load_channel(route.kind, route.config, route.secret).send(message)
    except DeliveryError as error:
        return error
    except (ConfigError, KeyError) as error:
        return DeliveryError(f"The route cannot work: {error}", permanent=True)


def record(delivery: Delivery, answer: Receipt | DeliveryError, now: datetime, rng: random.Random) -> None:
    """Store what came of an attempt, and when the next is due."""
    delivery.response_status, delivery.response_excerpt = answer.status, answer.excerpt
    delivery.error = "" if isinstance(answer, Receipt) else str(answer)
    if isinstance(answer, Receipt):
        delivery.status, delivery.sent_at = Status.SENT, now
    elif answer.permanent or delivery.attempts >= MAXIMUM_ATTEMPTS:
        delivery.status = Status.FAILED
    else:
        delay_s = max(backoff_s(delivery.attempts, rng), min(answer.retry_after_s, LONGEST_DELAY_S))
        delivery.next_attempt_at = now + timedelta(seconds=delay_s)
    delivery.save(
        update_fields=["status", "sent_at", "response_status", "response_excerpt", "error", "next_attempt_at"]
    )


def backoff_s(attempts: int, rng: random.Random) -> float:
    """Seconds to wait after that many attempts, spread by ± 20 % so that receivers are not hit in step."""
    delay_s = min(FIRST_DELAY_S * GROWTH ** (attempts - 1), LONGEST_DELAY_S)
    return delay_s * rng.uniform(1 - JITTER, 1 + JITTER)


def try_again(delivery: Delivery, now: datetime) -> bool:
    """Put a failed delivery back into the outbox with all its attempts; False if it had not failed."""
    failed = Delivery.objects.filter(pk=delivery.pk, status=Status.FAILED)
    return failed.update(status=Status.PENDING, attempts=0, next_attempt_at=now) == 1
