"""A session's events as the channel layer brings them, through Valkey's absences.

The layer is read by a task of our own and not by Channels, so that a socket opens while Valkey is away.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from channels.layers import get_channel_layer
from redis import RedisError

from tools.models import Scope
from tools.notifications.events import session_group
from tools.web.access import Client

logger = logging.getLogger(__name__)

# How often a follower sends itself an echo through Valkey, and how long that may take.
ECHO_EVERY_S = 3.0
ECHO_WITHIN_S = 5.0
JOIN_WITHIN_S = 3.0  # daphne gives a handshake five
VALKEY_ERRORS = (RedisError, OSError, TimeoutError)
Hear = Callable[[dict[str, Any]], Awaitable[None]]
Say = Callable[[str, dict[str, Any]], Awaitable[None]]
Joined = tuple[Any, str]  # the channel layer, and our channel on it


def may_follow(client: Client) -> None:
    """Raises NotAuthorized unless *client* may hear of any call: of its own, or of everybody's."""
    client.need(Scope.EXECUTE, Scope.READ)


def may_hear(client: Client, sender: str) -> bool:
    """Whether *client* may be told of a call that *sender* had made: its own, or with "read" everybody's. Pure."""
    return Scope.READ in client.scopes or (bool(sender) and sender == client.sender)


def as_heard_by(client: Client, message: dict[str, Any]) -> dict[str, Any]:
    """The event of *message*; how another's result begins is withheld from who may see no payloads. Pure."""
    event: dict[str, Any] = message["event"]
    if client.sees_payloads or message.get("sender") == client.sender:
        return event
    return {**event, "data": {**event["data"], "result_preview": None}}


class Following:
    """*hear* gets the group's messages, *say* is told when Valkey is away and when it is back."""

    def __init__(self, session_id: str, hear: Hear, say: Say) -> None:
        self._group = session_group(session_id)
        self._hear = hear
        self._say = say
        self._echo = asyncio.Event()
        self._joined: Joined | None = None
        # Set by whoever no longer wants it; then ``run`` returns.
        self.over = False

    async def join(self) -> bool:
        """Be a member of the session's group; False while Valkey is away."""
        layer: Any = get_channel_layer()
        try:
            async with asyncio.timeout(JOIN_WITHIN_S):
                channel = await layer.new_channel()
                await layer.group_add(self._group, channel)
        except VALKEY_ERRORS as error:
            logger.warning("a session's events cannot be followed: %r", error)
            return False
        self._joined = layer, channel
        return True

    async def run(self) -> None:
        """Pass the session's events on; join its group again when Valkey was away and is back."""
        while not self.over:
            if self._joined is not None:
                await self._forward(*self._joined)
                self._joined = None
                continue
            await self._say("degraded", {"detail": "Valkey is away: no events until it is back."})
            await self._wait_for_valkey()
            await self._say("recovered", {"detail": "Valkey is back: events follow again."})

    async def _wait_for_valkey(self) -> None:
        while not self.over and not await self.join():
            await asyncio.sleep(1)

    async def _forward(self, layer: Any, channel: str) -> None:
        """Pass on until no echo comes back from Valkey."""
        reader = asyncio.create_task(self._read(layer, channel))
        try:
            while not self.over:
                self._echo.clear()
                async with asyncio.timeout(ECHO_WITHIN_S):
                    await layer.send(channel, {"type": "echo"})
                    await self._echo.wait()
                await asyncio.sleep(ECHO_EVERY_S)
        except VALKEY_ERRORS as error:
            logger.warning("a session's events stopped: %r", error)
        finally:
            reader.cancel()
            await asyncio.wait({reader}, timeout=ECHO_WITHIN_S)
            with suppress(*VALKEY_ERRORS):
                await layer.group_discard(self._group, channel)

    async def _read(self, layer: Any, channel: str) -> None:
        while True:
            message = await layer.receive(channel)
            if message["type"] == "echo":
                self._echo.set()
            else:
                await self._hear(message)
