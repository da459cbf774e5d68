"""Writes decisions and what was told of them: behind the choice, many at a time."""

import asyncio
import atexit
import logging
import threading
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import connection

from tools.process.background import BackgroundLoop
from tools.process.forking import forget_after_fork
from tools.selection.decision import Decision
from tools.selection.log import rows
from tools.selection.log.aside import written
from tools.selection.log.rows import Feedback

logger = logging.getLogger(__name__)
T = TypeVar("T")
FLUSH_AFTER_S = 0.1
# While Postgres is away.
AGAIN_AFTER_S = 1.0
BATCH, MOST_WAITING = 500, 50_000
# Feedback may be here before its decision, which another process has yet to write.
MOST_TRIES = 30


class Writer:
    """One queue a process. All but ``drain`` is used on *background*'s loop."""

    def __init__(self, background: BackgroundLoop) -> None:
        self._background = background
        self._decisions: deque[Decision] = deque(maxlen=MOST_WAITING)
        self._feedback: deque[tuple[Feedback, int]] = deque(maxlen=MOST_WAITING)
        self._due: asyncio.Task[None] | None = None
        self._writing: tuple[asyncio.AbstractEventLoop, asyncio.Lock] | None = None
        self.is_away = False
        self.forget_threads()
        forget_after_fork(self)
        atexit.register(_drain, weakref.ref(self))

    def forget_threads(self) -> None:
        # Whoever writes holds it: a thread of the loop, or, when the process ends, the main one.
        self._exclusive = threading.Lock()

    @property
    def waiting(self) -> int:
        return len(self._decisions) + len(self._feedback)

    def decided(self, decision: Decision) -> None:
        self._decisions.append(decision)
        self._plan()

    def told(self, feedback: Feedback) -> None:
        self._feedback.append((feedback, 0))
        self._plan()

    def _plan(self) -> None:
        loop = asyncio.get_running_loop()
        # A fork or a restart leaves the loop behind on which it was due.
        if self._due is None or self._due.done() or self._due.get_loop() is not loop:
            self._due = loop.create_task(self._later())

    async def _later(self) -> None:
        while self.waiting:
            await asyncio.sleep(AGAIN_AFTER_S if self.is_away else FLUSH_AFTER_S)
            await self.flush()

    async def flush(self) -> bool:
        """Write what waits; False while Postgres is away, and it goes on waiting."""
        async with self._one_at_a_time():
            if not self.waiting:
                return not self.is_away
            try:
                await in_thread(self._write)
            except Exception as error:  # whatever it is: what waits is written by a later try
                if not self.is_away and not isinstance(error, RuntimeError):  # no more threads: the process ends
                    logger.error("decisions cannot be written, they wait: %r", error)
                self.is_away = True
            else:
                self.is_away = False
        return not self.is_away

    def _one_at_a_time(self) -> asyncio.Lock:
        loop = asyncio.get_running_loop()
        if self._writing is None or self._writing[0] is not loop:
            self._writing = (loop, asyncio.Lock())
        return self._writing[1]

    def _write(self) -> None:
        """Decisions first: what is told of them has to find them."""
        with self._exclusive:
            while self._decisions:
                batch = [self._decisions[index] for index in range(min(BATCH, len(self._decisions)))]
                written(batch, rows.write)
                for _ in batch:
                    self._decisions.popleft()
            for _ in range(-(-len(self._feedback) // BATCH)):
                self._tell()

    def _tell(self) -> None:
        told = [self._feedback[index] for index in range(min(BATCH, len(self._feedback)))]
        found: set[str] = set()
        written([each for each, _ in told], lambda some: found.update(rows.tell(some)))
        for each, tries in told:
            self._feedback.popleft()
            if each.decision_id not in found and tries < MOST_TRIES:
                self._feedback.append((each, tries + 1))

    def drain(self) -> None:
        """Write what waits, from any thread, within two seconds."""
        self._background.submit(self.flush()).result(2.0)

    def drain_at_the_end(self) -> None:
        """The same when the process ends, and no thread can be started: by the main one itself."""
        if self._background.running is None and not self.waiting:
            return
        # Behind what was decided just now, of which the loop has yet to take note.
        self._background.submit(self._stop_planning()).result(2.0)
        if self.waiting:
            try:
                self._write()
            finally:
                connection.close()

    async def _stop_planning(self) -> None:
        if self._due is not None and self._due.get_loop() is asyncio.get_running_loop():
            self._due.cancel()


async def in_thread(read: Callable[..., T], *arguments: Any) -> T:
    """What *read* answers of the database, without holding up the loop."""

    def run() -> T:
        try:
            return read(*arguments)
        finally:
            connection.close()  # back to the pool

    return await asyncio.to_thread(run)


def _drain(reference: "weakref.ref[Writer]") -> None:
    writer = reference()
    if writer is not None:
        try:
            writer.drain_at_the_end()
        except Exception as error:
            logger.warning("the last decisions were not written: %r", error)
