"""Empties the outbox: claims what is due, sends it, stores each answer as it comes, plans the next attempt.

A claim is a conditional update that moves the next attempt ahead, so two senders never take the same delivery,
and one that dies in the middle only delays it. A resolved message waits for its firing message: who was never
told that something broke is not told that it works again.

Receivers do not wait for each other: each answer is stored by itself, while the attempts at slower ones go on and
new messages are taken. A route has so many attempts at a time and no more, so one that hangs keeps no places from
the others.
"""

import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from django.db import Error, InterfaceError, OperationalError, close_old_connections
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from telemetry.alerts.attempts import Answer, Attempts
from telemetry.alerts.channels.base import Receipt
from telemetry.alerts.models import Delivery
from telemetry.redaction import redact_secrets

logger = logging.getLogger(__name__)

# The whole of an attempt: looking up the name, connecting, TLS, the request, the answer.
DEADLINE_S = 10.0
# Much longer than any attempt takes; a sender that died lets its deliveries go after this.
LEASE = timedelta(seconds=60)
# Attempts at a time: of one route, and of all. The first of each route comes before the second of any.
ROUTE_PLACES = 4
PLACES = 200
# While an attempt goes on, the outbox is looked into this often.
LOOK_S = 1.0
# While Postgres is away, an answer is kept so long.
RESTART_PAUSES_S = (0.0, 1.0, 2.0, 4.0, 8.0)
# 10 s, 30 s, 90 s … up to 4 h: thirteen attempts in about 23 hours.
FIRST_DELAY_S = 10.0
GROWTH = 3.0
LONGEST_DELAY_S = 4 * 3600.0
MAXIMUM_ATTEMPTS = 13
JITTER = 0.2
LARGEST_STATUS = 32767

Kind = Delivery.Kind
Status = Delivery.Status
# Nobody waits for an answer of the log: what stands there is as told as it will be.
TOLD = (Status.SENT, Status.LOGGED)


def send_due(now: datetime, rng: random.Random, deadline_s: float = DEADLINE_S) -> int:
    """Send all that is due at *now*; how many messages were taken. *rng* spreads the retries."""
    with Sender(lambda: now, rng, deadline_s) as sender:
        sender.serve(timedelta(seconds=1))
    return sender.sent


class Sender:
    """Takes messages and stores what comes of them. Leaving the ``with`` waits for the attempts begun.

    *clock* gives the time, *rng* spreads the retries, *deadline_s* is what an attempt may take; *looked* is called
    after each look into the outbox.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        rng: random.Random,
        deadline_s: float = DEADLINE_S,
        looked: Callable[[], object] = lambda: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.clock, self.rng, self.looked, self.sleep = clock, rng, looked, sleep
        self.attempts = Attempts(deadline_s)
        self.going: dict[Future[Answer], Delivery] = {}
        self.sent = 0

    def __enter__(self) -> Self:
        self.attempts.__enter__()
        return self

    def serve(self, lasting: timedelta) -> None:
        """Send until nothing is due and no attempt is going on, taking new messages no longer than *lasting*."""
        drop_unsendable()
        until = self.clock() + lasting
        self.take()
        while self.going and self.clock() < until:
            self.settle()
            self.take()

    def take(self) -> None:
        """Begin the attempts that are due and for which there is a place."""
        busy = Counter(delivery.route_id for delivery in self.going.values())
        now = self.clock()
        for delivery in due(now)[: PLACES - len(self.going)]:
            if busy[delivery.route_id] < ROUTE_PLACES and claim(delivery, now):
                busy[delivery.route_id] += 1
                self.going[self.attempts.start(delivery, now)] = delivery
        self.looked()

    def settle(self) -> None:
        """Store what ended, after waiting a moment for the first to end."""
        for ended in wait(self.going, LOOK_S, FIRST_COMPLETED).done:
            delivery, answer = self.going.pop(ended), ended.result()
            self.sent += isinstance(answer, Receipt)
            try:
                self.store(delivery, answer)
            except Error:
                # It goes out again when its lease is over; the others are stored all the same.
                logger.exception("What came of a message to the route %s was not stored", delivery.route_name)

    def store(self, delivery: Delivery, answer: Answer) -> None:
        """Store *answer*, through a restart of Postgres: what is not stored is told twice."""
        for pause_s in RESTART_PAUSES_S:
            try:
                return record(delivery, answer, self.clock(), self.rng)
            except (OperationalError, InterfaceError):
                self.sleep(pause_s)
                close_old_connections()
        return record(delivery, answer, self.clock(), self.rng)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            while self.going:
                self.settle()
        finally:
            self.attempts.__exit__(kind, error, trace)


def due(now: datetime) -> QuerySet[Delivery]:
    """Deliveries to attempt at *now*: the oldest of each route, then their second oldest, and so on."""
    by_age = [F("next_attempt_at").asc(), F("pk").asc()]
    ranked = sendable(now).annotate(place=Window(RowNumber(), partition_by=F("route"), order_by=by_age))
    return (
        ranked.filter(place__lte=ROUTE_PLACES).select_related("route").order_by("place", "next_attempt_at", "pk")
    )


def neglected(now: datetime, within: timedelta) -> QuerySet[Delivery]:
    """What could be sent at *now* and waits for us alone.

    What waits for its receiver is left out: where attempts that go on or are tried again later have all places of
    its route, and where the route was told something less than *within* ago.
    """
    pending = Delivery.objects.filter(status=Status.PENDING, attempts__gt=0, next_attempt_at__gt=now)
    attempts = pending.exclude(route=None).order_by().values("route").annotate(count=Count("pk"))
    full = attempts.filter(count__gte=ROUTE_PLACES).values("route")
    told = Delivery.objects.filter(sent_at__gt=now - within).exclude(route=None).order_by().values("route")
    return sendable(now).exclude(route__in=full).exclude(route__in=told)


def sendable(now: datetime) -> QuerySet[Delivery]:
    """What is due at *now*. A resolved message is due only once its firing one is told."""
    told = Delivery.objects.filter(
        incident=OuterRef("incident"), route=OuterRef("route"), kind=Kind.FIRING, status__in=TOLD
    )
    waiting = Delivery.objects.filter(status=Status.PENDING, next_attempt_at__lte=now, route__enabled=True)
    return waiting.filter(~Q(kind=Kind.RESOLVED) | Exists(told))


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


def record(delivery: Delivery, answer: Answer, now: datetime, rng: random.Random) -> None:
    """Store what came of an attempt, and when the next is due."""
    delivery.response_status = answer.status if 0 < (answer.status or 0) <= LARGEST_STATUS else None
    delivery.response_excerpt = storable(answer.excerpt)
    delivery.error = "" if isinstance(answer, Receipt) else storable(str(answer))
    if isinstance(answer, Receipt):
        delivery.status, delivery.sent_at = (Status.LOGGED, None) if answer.logged else (Status.SENT, now)
    elif answer.permanent or delivery.attempts >= MAXIMUM_ATTEMPTS:
        delivery.status = Status.FAILED
    else:
        delay_s = max(backoff_s(delivery.attempts, rng), min(answer.retry_after_s, LONGEST_DELAY_S))
        delivery.next_attempt_at = now + timedelta(seconds=delay_s)
    delivery.save(
        update_fields=["status", "sent_at", "response_status", "response_excerpt", "error", "next_attempt_at"]
    )


def storable(text: str) -> str:
    """What a receiver wrote, as Postgres takes it, without secrets: it may say back what it was sent."""
    return redact_secrets(text.encode(errors="replace").decode().replace("\0", ""))


def backoff_s(attempts: int, rng: random.Random) -> float:
    """Seconds to wait after that many attempts, spread by ± 20 % so that receivers are not hit in step."""
    delay_s = min(FIRST_DELAY_S * GROWTH ** (attempts - 1), LONGEST_DELAY_S)
    return delay_s * rng.uniform(1 - JITTER, 1 + JITTER)


def try_again(delivery: Delivery, now: datetime) -> bool:
    """Put a delivery that failed, or was only logged, back into the outbox afresh; False for others."""
    untold = Delivery.objects.filter(pk=delivery.pk, status__in=[Status.FAILED, Status.LOGGED])
    return untold.update(status=Status.PENDING, attempts=0, next_attempt_at=now) == 1
