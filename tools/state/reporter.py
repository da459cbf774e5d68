"""Sends what calls leave behind to shared state: in the background, many at a time."""

import asyncio
import atexit
import logging
import weakref
from collections import deque

from tools.background import BackgroundLoop
from tools.state.base import Ran, Report, SharedState

logger = logging.getLogger(__name__)
FLUSH_AFTER_S = 0.02
BATCH = 200
MAX_WAITING = 20_000


class Reporter:
    """One queue a process, whatever event loops its calls run on; flushed every 20 ms, at once on a failure."""

    def __init__(self, state: SharedState, background: BackgroundLoop) -> None:
        self._state = state
        self._background = background
        self._waiting: deque[Report] = deque(maxlen=MAX_WAITING)
        self._tasks: set[asyncio.Task[None]] = set()
        # The loop on which a flush is due; a fork or a restart leaves it behind.
        self._due_on: asyncio.AbstractEventLoop | None = None
        atexit.register(_drain, weakref.ref(self))

    def add(self, report: Report) -> None:
        """Queue *report*; from any thread, without waiting."""
        self._waiting.append(report)
        urgent = isinstance(report, Ran) and (report.failed or report.probe)
        if urgent or self._due_on is None or self._due_on is not self._background.running:
            self._due_on = self._background.loop
            self._due_on.call_soon_threadsafe(self._schedule, 0.0 if urgent else FLUSH_AFTER_S)

    def _schedule(self, delay_s: float) -> None:
        asyncio.get_running_loop().call_later(delay_s, self._start)

    def _start(self) -> None:
        task = asyncio.ensure_future(self._send())
        self._tasks.add(task)  # an event loop itself does not keep its tasks alive
        task.add_done_callback(self._tasks.discard)

    async def _send(self) -> None:
        # Before the queue is emptied: a report added from here on schedules its own flush.
        self._due_on = None
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            try:
                await self._state.report(batch)
            except Exception:
                logger.exception("%d reports of calls were lost", len(batch))

    async def _send_all(self) -> None:
        await self._send()
        await asyncio.gather(*self._tasks)  # those whose batch is on its way

    def flush(self, timeout_s: float = 2.0) -> None:
        """Return when all reports added so far have been sent; for callers outside an event loop."""
        self._background.submit(self._send_all()).result(timeout_s)

    async def aflush(self) -> None:
        """The same, awaited."""
        await asyncio.wrap_future(self._background.submit(self._send_all()))


def _drain(reference: "weakref.ref[Reporter]") -> None:
    reporter = reference()
    if reporter is not None and reporter._waiting:
        try:
            reporter.flush()
        except Exception as error:
            logger.warning("the last reports of calls were lost: %r", error)
