"""The broadcaster: renders each view that is being watched once, and sends it to everybody who watches it.

One per process of daphne. It beats when spans were stored (``dashboard/live/change_notifier.py``), at most once a
second, and every two seconds anyway, so that a dead Valkey only makes the pages slower. What a view costs does not
depend on how many watch it, and a view that is slow to draw is drawn less often. That the process lives is said
apart.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.utils import timezone

from dashboard.live import pages
from dashboard.live.change_notifier import GROUP
from dashboard.live.pages import Fragments, Watch

logger = logging.getLogger(__name__)
Send = Callable[[str], Awaitable[None]]

SPACING_S = 1.0
HEARTBEAT_S = 2.0
# A view may keep a thread busy for a quarter of the time at most.
REST_FACTOR = 3.0
RELISTEN_S = 2.0
# Said to every page so often, whether or not there is something new: a page that hears nothing for twice as long
# takes its socket for dead (static/js/connection.js).
ALIVE_S = 5.0
ALIVE = "alive"


class Broadcaster:
    """Watchers by what they watch. All methods belong to one event loop."""

    def __init__(
        self,
        render: Callable[[Watch], Fragments] = pages.render,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._sleep = sleep
        self._render = database_sync_to_async(render, thread_sensitive=False)
        self._clock = clock
        self._watchers: dict[Watch, set[Send]] = {}
        self._sent: dict[Watch, Fragments] = {}
        self._due: dict[Watch, float] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._noticed = asyncio.Event()
        self._failing_since: dict[Watch, Any] = {}

    async def join(self, watch: Watch, send: Send) -> None:
        """From now on *send* gets the changed parts of *watch*, first of all the whole of it."""
        watchers = self._watchers.setdefault(watch, set())
        watchers.add(send)
        if known := self._sent.get(watch):
            await _deliver({send}, known)
        self._due[watch] = 0.0
        self._start()
        self._noticed.set()

    async def leave(self, watch: Watch, send: Send) -> None:
        """Stop sending; the last watcher to leave stops it."""
        watchers = self._watchers.get(watch, set())
        watchers.discard(send)
        if not watchers:
            for table in (self._watchers, self._sent, self._due, self._failing_since):
                table.pop(watch, None)
        if not self._watchers:
            await self._stop()

    def notify(self) -> None:
        """There is news."""
        self._noticed.set()

    async def beat(self) -> None:
        """Draw every watched view that is due, once, and send what changed of it."""
        for watch in [watch for watch in self._watchers if self._due.get(watch, 0.0) <= self._clock()]:
            began = self._clock()
            fragments = await self._draw(watch)
            took = self._clock() - began
            self._due[watch] = self._clock() + max(SPACING_S - took, took * REST_FACTOR)
            if watch in self._watchers:
                before = self._sent.setdefault(watch, {})
                changed = {name: html for name, html in fragments.items() if before.get(name) != html}
                before |= changed
                await _deliver(self._watchers[watch], changed)

    async def _draw(self, watch: Watch) -> Fragments:
        """The view's parts, or the one that says why there are none. Never raises: what stops is dead."""
        try:
            fragments = await self._render(watch)
        except Exception as error:
            since = self._failing_since.setdefault(watch, timezone.now())
            logger.warning("%s could not be drawn: %s", watch.page, error, exc_info=not _is_database(error))
            return pages.render_fault(error, since)
        self._failing_since.pop(watch, None)
        return fragments

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        if not self._tasks or any(task.done() or task.get_loop() is not loop for task in self._tasks):
            self._noticed = asyncio.Event()
            self._tasks = [loop.create_task(work()) for work in (self._run, self._listen, self._say_alive)]

    async def _stop(self) -> None:
        pending, self._tasks = set(self._tasks), []
        # Again until it is heard: sync_to_async swallows a cancellation that comes while its thread works.
        while pending:
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=0.5)

    async def _run(self) -> None:
        while True:
            # Not wait_for: on Python 3.11 it can lose a cancellation.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_S):
                    await self._noticed.wait()
            self._noticed.clear()
            await self.beat()
            wait_s = min(self._due.values(), default=0.0) - self._clock()
            await asyncio.sleep(max(wait_s, 0.05) if not self._noticed.is_set() else 0.05)

    async def _say_alive(self) -> None:
        while True:
            await self._sleep(ALIVE_S)
            everybody = {send for watchers in self._watchers.values() for send in watchers}
            await _send(everybody, ALIVE)

    async def _listen(self) -> None:
        """Take the notices of other processes; with Valkey away, try again until it is back."""
        layer = get_channel_layer()
        while layer is not None:
            try:
                channel = await layer.new_channel()
                await layer.group_add(GROUP, channel)
                while True:
                    await layer.receive(channel)
                    self.notify()
            except Exception as error:
                logger.debug("no notices: %s", error)
                await asyncio.sleep(RELISTEN_S)


def _is_database(error: Exception) -> bool:
    from django.db import Error

    return isinstance(error, Error)


async def _deliver(watchers: set[Send], fragments: Fragments) -> None:
    if fragments:
        await _send(watchers, "\n".join(fragments.values()))


async def _send(watchers: set[Send], text: str) -> None:
    # A watcher that has gone is cleared away by its own disconnect.
    await asyncio.gather(*(send(text) for send in list(watchers)), return_exceptions=True)


BROADCASTER = Broadcaster()
