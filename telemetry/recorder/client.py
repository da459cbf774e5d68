"""A web process's side: bodies are handed to the recorder, or taken in here where there is none."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from django.conf import settings

from telemetry.process.counters import counters
from telemetry.recorder import frames
from telemetry.recorder.presence import Presence
from telemetry.recorder.protocol import BUSY, Head, Reply

if TYPE_CHECKING:
    from telemetry.recorder.intake import Intake

# Bytes that one process may have handed over without an answer; one body may always be more.
MAX_WAITING_BYTES = 64 << 20
# For so long a body waits for a recorder that has gone away; its sender is told to come again after that.
PATIENCE_S = 5.0
# And so long for the answer of one that is there: the largest body takes some ten.
ANSWER_S = 30.0
TRY_EVERY_S = 0.1
# Connections kept for the next body.
MAX_IDLE = 32


class Line:
    """The way of one web process to the recorder of *folder*; used on one event loop."""

    def __init__(
        self,
        folder: Path,
        *,
        patience_s: float = PATIENCE_S,
        answer_s: float = ANSWER_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder, self._patience_s, self._answer_s, self._clock = folder, patience_s, answer_s, clock
        self._recorder = Presence(folder, clock)
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._waiting_bytes = 0
        self._waiting_since: dict[int, datetime] = {}
        self._numbers = count()
        # So readiness and metrics tell of senders that wait, whoever should have stored their spans.
        counters().wait_in("bodies", lambda: len(self._waiting_since), self._oldest_at)
        self._intake: Intake | None = None

    async def take(self, head: Head, body: bytes) -> Reply:
        """Have the spans of *body* stored; returns after the commit.

        A body whose recorder died may be stored already: it is handed to the next one, and stored once.
        """
        if self._waiting_bytes and self._waiting_bytes + len(body) > MAX_WAITING_BYTES:
            return BUSY
        number = next(self._numbers)
        self._waiting_bytes += len(body)
        self._waiting_since[number] = datetime.now(UTC)
        try:
            async with asyncio.timeout(self._answer_s):
                return await self._take(head, body)
        except TimeoutError:
            return BUSY
        finally:
            self._waiting_bytes -= len(body)
            del self._waiting_since[number]

    def _oldest_at(self) -> datetime | None:
        """When the oldest of the bodies came that wait for an answer."""
        return min([*self._waiting_since.values()], default=None)

    async def _take(self, head: Head, body: bytes) -> Reply:
        until = self._clock() + self._patience_s
        while not self._recorder.alone:
            try:
                return await self._hand_over(head, body)
            except (OSError, EOFError, frames.Garbled):
                if self._clock() >= until:
                    return BUSY
                await asyncio.sleep(TRY_EVERY_S)
        return await self._own().take(head, body)

    async def _hand_over(self, head: Head, body: bytes) -> Reply:
        """Raises OSError, EOFError or Garbled where there is no recorder, or it went away."""
        reader, writer = self._idle.pop() if self._idle else await self._connect()
        try:
            await frames.say(writer, head, body)
            told, _ = await frames.hear(reader, Reply)
        except BaseException:
            # Also one whose sender hung up: the answer that is still to come is of no other body.
            writer.transport.abort()
            self._hang_up()
            raise
        if len(self._idle) < MAX_IDLE:
            self._idle.append((reader, writer))
        else:
            writer.close()
        return told

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        with frames.address(self._folder) as path:
            return await asyncio.open_unix_connection(path, limit=frames.BUFFER_BYTES)

    def _hang_up(self) -> None:
        """The others are connected to a recorder that is gone, too, or are soon made again."""
        while self._idle:
            self._idle.pop()[1].transport.abort()

    def _own(self) -> "Intake":
        """One of this process's, of which a process beside a recorder loads nothing."""
        if self._intake is None:
            from telemetry.recorder.intake import Intake

            self._intake = Intake()
        return self._intake


_lines: "WeakKeyDictionary[asyncio.AbstractEventLoop, Line]" = WeakKeyDictionary()


def line() -> Line:
    """That of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _lines:
        _lines[loop] = Line(settings.SPOOL_DIR)
    return _lines[loop]
