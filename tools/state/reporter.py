"""Sends what calls leave behind to shared state: in the background, many at a time."""

import asyncio
import atexit
import logging
import weakref
from collections import deque
from concurrent.futures import Future
from functools import partial

from tools.process.background import BackgroundLoop
from tools.state.base import ALL_RESULTS, ASK_TIMEOUT_S, Decided, Dropped, Ran, Report, Settled, SharedState

logger = logging.getLogger(__name__)
FLUSH_AFTER_S = 0.02
BATCH = 200
MAX_WAITING = 20_000


class Reporter:
    """One queue a process, whatever event loops its calls run on; flushed after 20 ms, at once on a failure."""

    def __init__(self, state: SharedState, background: BackgroundLoop) -> None:
        self._state = state
        self.background = background
        self._waiting: deque[Report] = deque(maxlen=MAX_WAITING)
        # What is on its way and awaited, by subject: the next call that it concerns waits until it is there.
        self._settling: dict[str, Future[None]] = {}
        # The loop on which a flush is due; a fork or a restart leaves it behind.
        self._due_on: asyncio.AbstractEventLoop | None = None
        self._lock: tuple[asyncio.AbstractEventLoop, asyncio.Lock] | None = None
        atexit.register(_drain, weakref.ref(self))

    def add(self, report: Report) -> None:
        """Queue *report*; from any thread, without waiting."""
        self._waiting.append(report)
        if subject := awaited(report):
            sent = self._settling[subject] = self.background.submit(self._send())
            sent.add_done_callback(partial(self._arrived, subject))
        elif self._due_on is None or self._due_on is not self.background.running:
            self._due_on = self.background.loop
            self.background.submit(self._send_later())

    async def settled(self, subject: str) -> None:
        """Return when what this process knows of *subject* is in shared state: at once, most of the time.

        So a breaker that the last call of a tool should open is open for the next one, and the ending of a call
        with an idempotency key is there for the next one with that key.
        """
        sent = self._settling.get(subject)
        if sent is not None:
            if not sent.done():
                await asyncio.wait([asyncio.wrap_future(sent)], timeout=ASK_TIMEOUT_S)
            self._arrived(subject, sent)

    def _arrived(self, subject: str, sent: "Future[None]") -> None:
        if self._settling.get(subject) is sent:
            self._settling.pop(subject, None)

    async def _send_later(self) -> None:
        await asyncio.sleep(FLUSH_AFTER_S)
        await self._send()

    async def _send(self) -> None:
        """Return when all that was queued before is sent, by this task or another."""
        # Before the queue is emptied: a report added from here on schedules its own flush.
        self._due_on = None
        async with self._one_at_a_time():
            # What comes meanwhile waits for its own flush: a busy process would send few at a time for ever.
            left = len(self._waiting)
            while left > 0:
                batch = [self._waiting.popleft() for _ in range(min(BATCH, left, len(self._waiting)))]
                left -= BATCH
                try:
                    await self._state.report(batch)
                except Exception:
                    logger.exception("%d reports of calls were lost", len(batch))

    def _one_at_a_time(self) -> asyncio.Lock:
        loop = asyncio.get_running_loop()
        if self._lock is None or self._lock[0] is not loop:
            self._lock = (loop, asyncio.Lock())
        return self._lock[1]

    def flush(self, timeout_s: float = 2.0) -> None:
        """Return when all reports added so far have been sent; for callers outside an event loop."""
        self.background.submit(self._send()).result(timeout_s)

    async def aflush(self) -> None:
        """The same, awaited."""
        await asyncio.wrap_future(self.background.submit(self._send()))


def awaited(report: Report) -> str:
    """Whose next call waits until *report* is sent: a tool's, an idempotency key's, all that look into the cache.

    "" for nobody's.
    """
    if isinstance(report, Settled):
        return report.claim.key
    if isinstance(report, Dropped):
        return ALL_RESULTS
    if isinstance(report, Decided):
        return report.tool
    return report.tool if isinstance(report, Ran) and (report.failed or report.probe) else ""


def _drain(reference: "weakref.ref[Reporter]") -> None:
    reporter = reference()
    if reporter is not None and reporter._waiting:
        try:
            reporter.flush()
        except Exception as error:
            logger.warning("the last reports of calls were lost: %r", error)
