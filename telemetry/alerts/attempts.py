"""One attempt to tell a receiver, and many of them side by side. Nothing here touches the database.

All run in one loop in a thread of its own, so a receiver that is slow costs a socket and not a thread. The time
for an attempt is one limit around the whole of it (name, connection, TLS, request, answer): at its end the attempt
is cancelled, which closes the socket, whatever the receiver still sends.
"""

import asyncio
import logging
from concurrent.futures import Future
from datetime import datetime
from threading import Thread
from types import TracebackType
from typing import Self

from telemetry.alerts.channels import CHANNELS, class_of, load_channel
from telemetry.alerts.channels.base import ConfigError, DeliveryError, Message, Receipt
from telemetry.alerts.messages import subject
from telemetry.alerts.models import Delivery
from telemetry.database.sealing import Unopened

logger = logging.getLogger(__name__)

Answer = Receipt | DeliveryError


async def attempt(delivery: Delivery, now: datetime, deadline_s: float) -> Answer:
    """Send once, within *deadline_s*; the receiver's answer or why there is none."""
    try:
        async with asyncio.timeout(deadline_s):
            return await exchange(delivery, now)
    except TimeoutError:
        return DeliveryError(f"There was no whole answer within {deadline_s:g} s.")
    except DeliveryError as error:
        return error
    except (ConfigError, KeyError) as error:
        # A key that opens the secret may be given yet; all else is mended by an edit, after which one tries again.
        lost = delivery.route is not None and isinstance(delivery.route.secret, Unopened)
        return DeliveryError(f"The route cannot work: {error}", permanent=not lost)
    except Exception as error:
        # Whatever it is, it is this attempt's and no other's.
        logger.exception("A message to the route %s was not sent", delivery.route_name)
        return DeliveryError(f"The attempt broke off: {type(error).__name__}. The worker's log has more.")


async def exchange(delivery: Delivery, now: datetime) -> Receipt:
    """Give the message of *delivery* to its channel. Raises what the channel raises."""
    route = delivery.route
    if route is None:
        raise DeliveryError("The route was deleted.", permanent=True)
    thread = f"incident-{delivery.incident_id}" if delivery.incident_id else ""
    message = Message(delivery.key, subject(delivery), delivery.message, now, thread)
    return await load_channel(route.kind, route.config, route.secret).send(message)


class Attempts:
    """A loop in a thread, which ends with the ``with``; whoever leaves it has waited for what was started."""

    def __init__(self, deadline_s: float) -> None:
        self.deadline_s = deadline_s
        self.loop = asyncio.new_event_loop()
        self.thread = Thread(target=self.loop.run_forever, name="alert-attempts", daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def start(self, delivery: Delivery, now: datetime) -> "Future[Answer]":
        """Begin an attempt; its channel is loaded first, which is no part of it and would hold up all others."""
        if delivery.route is not None and delivery.route.kind in CHANNELS:
            class_of(delivery.route.kind)
        return asyncio.run_coroutine_threadsafe(attempt(delivery, now, self.deadline_s), self.loop)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self.loop.shutdown_asyncgens(), self.loop).result()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()
