"""The dead man's switch: an address elsewhere is asked after rules were judged, so that silence tells somebody.

What watches itself cannot tell that it is dead. Healthchecks.io, Uptime Kuma, Better Stack and their like expect a
request every so often, and raise the alarm when it does not come.
"""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Subquery
from django.db.models.functions import Now

from telemetry.models import Heartbeat
from telemetry.process import heartbeats
from telemetry.process.heartbeats import JUDGING, OUTWARD, OUTWARD_TRIED, SENDING, beat

logger = logging.getLogger(__name__)

EVERY_S = 30.0
# For all of a request: the name, the connection, the answer's head. Its body is not read.
DEADLINE_S = 10.0
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def tell_outward() -> None:
    """Ask ``HEARTBEAT_URL`` if rules were judged since the last time, and that is long enough ago."""
    if not take_turn():
        return
    if wrong := ask(settings.HEARTBEAT_URL):
        logger.warning("HEARTBEAT_URL does not take the heartbeat: %s", wrong)
    else:
        beat(OUTWARD)


def take_turn() -> bool:
    """Whether it is time; if so, it is for nobody else until ``EVERY_S`` are over and rules were judged again."""
    if heartbeats.stopped(SENDING, heartbeats.last().get(SENDING)):
        return False  # rules are judged, and nobody would hear of it
    Heartbeat.objects.get_or_create(name=OUTWARD_TRIED, defaults={"seen_at": LONG_AGO})
    judged = Heartbeat.objects.filter(name=JUDGING).values("seen_at")
    due = Heartbeat.objects.filter(
        name=OUTWARD_TRIED, seen_at__lte=Now() - timedelta(seconds=EVERY_S), seen_at__lt=Subquery(judged)
    )
    return due.update(seen_at=Now()) == 1


def ask(url: str, deadline_s: float = DEADLINE_S) -> str:
    """Request *url*; why it did not take it, or "". Returns within *deadline_s*, whatever the other side does."""
    # Not above: it brings an HTTP client, and most have no HEARTBEAT_URL.
    from telemetry.alerts.outward_request import request

    return asyncio.run(request(url, deadline_s))
