"""Copes with Valkey being away: this process goes on by itself, and says so."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from tools.process.background import BackgroundLoop
from tools.state.base import (
    ALL_RESULTS,
    ASK_TIMEOUT_S,
    Admission,
    BreakerState,
    Dropped,
    HearDropped,
    Question,
    Report,
    RunCounts,
)
from tools.state.buckets.lease import Wish
from tools.state.memory import MemoryState
from tools.state.quotas.quota import Quota, Used
from tools.state.slots.slot import Exchange, Exchanged, InUse
from tools.state.valkey import ValkeyState

logger = logging.getLogger(__name__)
T = TypeVar("T")
RETRY_S = 1.0
AWAY = (RedisError, OSError, TimeoutError)
TIMED_OUT = (RedisTimeoutError, TimeoutError)
# An event loop that was held up sees its timeouts late, and answers that came in time as timed out.
LATE_S = 2 * ASK_TIMEOUT_S


class FallbackState:
    """Valkey's state, or a fresh one in memory from the first failure until Valkey is back.

    The call that finds Valkey gone waits for at most the socket's timeout, those after it not at all: a task in
    the background tries again every second.
    """

    def __init__(
        self,
        valkey: ValkeyState,
        background: BackgroundLoop,
        new_memory: Callable[[], MemoryState] = MemoryState,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._valkey = valkey
        self._background = background
        self._new_memory = new_memory
        self._memory = new_memory()
        self._clock = clock
        self._watched: asyncio.AbstractEventLoop | None = None
        # When Valkey went away (seconds since 1970); None while it is there.
        self.degraded_since: float | None = None
        self.outages = 0
        self._hear_dropped: list[HearDropped] = []
        self._missed: set[str] = set()  # tags that Valkey has yet to drop

    @property
    def _now_used(self) -> "ValkeyState | MemoryState":
        if self._watched is None or self._watched is not self._background.running:
            self._watched = self._background.loop
            self._background.submit(self._watch())
        return self._valkey if self.degraded_since is None else self._memory

    async def ask(self, question: Question) -> Admission:
        return await self._try(lambda state: state.ask(question))

    async def report(self, reports: Sequence[Report]) -> None:
        await self._try(lambda state: state.report(reports))
        self._note_missed(tag for report in reports if isinstance(report, Dropped) for tag in report.tags)

    def breaker_state(self, tool: str) -> BreakerState:
        return self._now_used.breaker_state(tool)

    def breaker_rest_s(self, tool: str) -> float:
        return self._now_used.breaker_rest_s(tool)

    async def cache_statistics(self) -> dict[str, Any]:
        return await self._try(lambda state: state.cache_statistics())

    async def cache_top(self, limit: int) -> list[dict[str, Any]]:
        return await self._try(lambda state: state.cache_top(limit))

    async def cache_drop(self, tags: Sequence[str]) -> int:
        gone = await self._try(lambda state: state.cache_drop(tags))
        self._note_missed(tags)
        return gone

    def hear_dropped(self, hear: HearDropped) -> None:
        self._hear_dropped.append(hear)
        self._valkey.hear_dropped(hear)
        self._memory.hear_dropped(hear)

    def _note_missed(self, tags: Iterable[str]) -> None:
        if self.degraded_since is not None:
            self._missed.update(tags)

    async def _make_up(self) -> None:
        """Drop in Valkey what was dropped here while it was away."""
        if missed := list(self._missed):
            await self._valkey.cache_drop(missed)
            self._missed.difference_update(missed)

    def _tell_dropped(self) -> None:
        """Nobody can say what was dropped while news did not reach us: all of it."""
        for hear in self._hear_dropped:
            hear(ALL_RESULTS)

    async def lease(self, process: str, wishes: Sequence[Wish]) -> list[int]:
        return await self._try(lambda state: state.lease(process, wishes))

    async def quotas_used(self, quotas: Sequence[Quota]) -> list[Used]:
        return await self._try(lambda state: state.quotas_used(quotas))

    async def exchange_slots(self, asked: Exchange) -> Exchanged:
        return await self._try(lambda state: state.exchange_slots(asked))

    async def slots_in_use(self, tools: Sequence[str]) -> Mapping[str, InUse]:
        return await self._try(lambda state: state.slots_in_use(tools))

    async def run_counts(self) -> Mapping[str, RunCounts]:
        return await self._try(lambda state: state.run_counts())

    async def claim(self, name: str, hold_s: float) -> bool:
        return await self._try(lambda state: state.claim(name, hold_s))

    async def post(self, notes: Mapping[str, bytes]) -> None:
        await self._try(lambda state: state.post(notes))

    async def notes(self) -> Mapping[str, bytes]:
        return await self._try(lambda state: state.notes())

    async def _try(self, question: "Callable[[ValkeyState | MemoryState], Awaitable[T]]") -> T:
        began = time.monotonic()
        try:
            return await question(self._now_used)
        except AWAY as error:
            if isinstance(error, TIMED_OUT) and time.monotonic() - began > LATE_S:
                return await self._try_again(question)
            self._gone(error)
            return await question(self._memory)

    async def _try_again(self, question: "Callable[[ValkeyState | MemoryState], Awaitable[T]]") -> T:
        """This loop was so late itself that the timeout says nothing about Valkey."""
        try:
            return await question(self._now_used)
        except AWAY as error:
            self._gone(error)
            return await question(self._memory)

    def _gone(self, error: BaseException) -> None:
        if self.degraded_since is None:
            logger.error("Valkey is away, this process goes on with limits and cache of its own: %r", error)
            self._memory = self._new_memory()
            for hear in self._hear_dropped:
                self._memory.hear_dropped(hear)
            self._tell_dropped()
            self.degraded_since = self._clock()
            self.outages += 1

    def _back(self) -> None:
        self._tell_dropped()
        if self.degraded_since is not None:
            logger.warning("Valkey is back after %.0f s", self._clock() - self.degraded_since)
            self.degraded_since = None

    async def _watch(self) -> None:
        """Listen to Valkey for ever; each new connection that works means that it is back."""
        while True:
            try:
                await self._make_up()
                await self._valkey.listen(self._back, lambda: self.degraded_since is None)
            except AWAY as error:
                self._gone(error)
            await asyncio.sleep(RETRY_S)
