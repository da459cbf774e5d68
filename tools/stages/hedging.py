"""Starts a second attempt beside one that takes long; the first answer counts, the other attempt is cancelled."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from opentelemetry import trace

from telemetry import semconv
from tools.calls.call import Next, ToolCall, ToolResult
from tools.errors import ToolError
from tools.notifications.attempts import record_attempt
from tools.running.admissions import Admissions

# Each call of a tool earns this much of a hedge: an outage adds a tenth to its load and does not double it.
SHARE = 0.1
# What a tool may save up.
MOST = 5.0
CANCELLED = "cancelled"


class Budget:
    """How many hedges each tool may still start, in this process."""

    def __init__(self) -> None:
        self._left: dict[str, float] = {}

    def earn(self, tool: str) -> None:
        self._left[tool] = min(MOST, self._left.get(tool, MOST) + SHARE)

    def spend(self, tool: str) -> bool:
        """True if there is one."""
        if self._left.get(tool, MOST) < 1:
            return False
        self._left[tool] -= 1
        return True

    def give_back(self, tool: str) -> None:
        """A hedge was not started."""
        self._left[tool] += 1


@dataclass(slots=True)
class Attempt:
    """One of two that run beside each other."""

    task: "asyncio.Future[ToolResult]"
    began: float
    delay_s: float = 0.0
    ended: float = field(default=0.0, init=False)

    @property
    def error(self) -> BaseException | None:
        return self.task.exception()

    @property
    def has_answered(self) -> bool:
        """Whether it ended so that the other could not do better."""
        if not self.task.done():
            return False
        error = self.error
        return error is None or not (isinstance(error, ToolError) and error.retryable)

    def code(self) -> str:
        """The code of its error; "" when it succeeded."""
        if not self.task.done():
            return CANCELLED
        return getattr(self.error, "code", "") if self.error else ""


class Hedging:
    """Only for tools that are idempotent, for both attempts may get through.

    A second attempt is one more at the same time: it holds a slot of its own, and begins only where one is free.
    """

    def __init__(
        self, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]], admissions: Admissions
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._admissions = admissions
        self._budget = Budget()
        # Attempts that were given up and have not ended yet: the event loop alone would forget them.
        self._given_up: set[asyncio.Future[ToolResult]] = set()

    async def __call__(self, call: ToolCall, call_next: Next) -> ToolResult:
        after_s = call.policy.hedge_after_s
        if not after_s or not call.tool.idempotent or call.stream is not None:  # chunks of two would be mixed
            return await call_next(call)
        self._budget.earn(call.tool.name)
        attempts = [self._begin(call, call_next)]
        try:
            await self._wait(attempts[0], after_s)
            if attempts[0].task.done() or not (release := await self._room(call, attempts[0])):
                return await attempts[0].task
            attempts.append(self._begin(call, call_next, after_s))
            attempts[1].task.add_done_callback(lambda _: release())
            winner = await self._first_answer(attempts)
            self._record(call.attempt, attempts, winner)
            return replace(await winner.task, hedges=1)
        except ToolError as error:
            error.hedges = len(attempts) - 1
            raise
        finally:
            for attempt in attempts:
                self._give_up(attempt.task)

    def _begin(self, call: ToolCall, call_next: Next, delay_s: float = 0.0) -> Attempt:
        return Attempt(asyncio.ensure_future(call_next(call)), self._clock(), delay_s)

    async def _room(self, call: ToolCall, first: Attempt) -> Callable[[], None] | None:
        """What gives back the slot of a second attempt; None where there is to be none."""
        if not self._budget.spend(call.tool.name):
            return None
        release = None
        try:
            release = await self._admissions.spare_slot(call)
            if release is not None and first.task.done():
                release()
                release = None
        finally:
            if release is None:
                self._budget.give_back(call.tool.name)
        return release

    async def _wait(self, attempt: Attempt, seconds: float) -> None:
        """Until the attempt has ended, *seconds* at most."""
        timer: asyncio.Future[Any] = asyncio.ensure_future(self._sleep(seconds))
        try:
            await asyncio.wait({attempt.task, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()

    async def _first_answer(self, attempts: Sequence[Attempt]) -> Attempt:
        """The first that has an answer; the first attempt, if both failed in a way that may pass."""
        running = {attempt.task for attempt in attempts}
        while running:
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for attempt in attempts:
                if attempt.task in done:
                    attempt.ended = self._clock()
            for attempt in attempts:
                if attempt.has_answered:
                    return attempt
        return attempts[0]

    def _record(self, number: int, attempts: Sequence[Attempt], winner: Attempt) -> None:
        first, second = attempts
        trace.get_current_span().set_attribute(semconv.HEDGED, "won" if winner is second else "lost")
        for attempt, which in ((first, "first"), (second, "second")):
            took_s = (attempt.ended or self._clock()) - attempt.began
            record_attempt(number, took_s, delay_s=attempt.delay_s, error=attempt.code(), hedge=which)

    def _give_up(self, task: "asyncio.Future[ToolResult]") -> None:
        if task.done():
            _look(task)
            return
        self._given_up.add(task)
        task.add_done_callback(self._given_up.discard)
        task.add_done_callback(_look)
        task.cancel()


def _look(task: "asyncio.Future[ToolResult]") -> None:
    """An error that nobody looks at would be logged by the event loop."""
    if not task.cancelled():
        task.exception()
