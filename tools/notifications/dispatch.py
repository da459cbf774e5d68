"""Tells hooks what happens, each in a thread of its own: a call never waits for one, nor fails by it."""

import asyncio
import inspect
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from queue import SimpleQueue
from threading import Event as Flag
from threading import Lock, Thread
from typing import Any

from tools.notifications.hooks import KINDS, Event, Hook
from tools.process.forking import forget_after_fork

logger = logging.getLogger(__name__)
# Events that may wait for one hook; what is over this is dropped and counted.
MAX_WAITING = 10_000
# How long an async hook may take with one event.
TIMEOUT_S = 5.0
LOG_EVERY_S = 60.0
Item = tuple[str, Event] | Flag
Observe = Callable[[str, str, str], None]


def _observe_nothing(hook: str, kind: str, reason: str) -> None:
    """Nobody counts."""


class Line:
    """The events of one hook, given to it one after the other in the order in which they happened."""

    def __init__(
        self, hook: object, observe: Observe = _observe_nothing, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = type(hook).__name__
        self._hook = hook
        self._observe = observe
        self._clock = clock
        # Events that did not get through, by kind of hook and reason: raised, late, dropped.
        self.lost: Counter[tuple[str, str]] = Counter()
        self._logged: dict[tuple[str, str], float] = {}
        self.forget_threads()
        forget_after_fork(self)

    def forget_threads(self) -> None:
        """Begin anew, with nothing that waits."""
        self._waiting: SimpleQueue[Item | None] = SimpleQueue()
        self._lock = Lock()
        self._thread: Thread | None = None

    def add(self, kind: str, event: Event) -> None:
        """Queue *event*; from any thread, without waiting."""
        if self._waiting.qsize() >= MAX_WAITING:
            self._lose(kind, "dropped", None)
            return
        self._waiting.put((kind, event))
        if self._thread is None:
            self._start()

    def flush(self, timeout_s: float) -> bool:
        """Return when the hook has had all events so far; False if that takes too long."""
        if self._thread is None:
            return True
        reached = Flag()
        self._waiting.put(reached)
        return reached.wait(timeout_s)

    def close(self) -> None:
        """End the thread when it has given the hook what waits."""
        self._waiting.put(None)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._run, name=f"salesboost-hook-{self.name}", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            while (item := self._waiting.get()) is not None:
                if isinstance(item, Flag):
                    item.set()
                else:
                    self._tell(runner, *item)

    def _tell(self, runner: asyncio.Runner, kind: str, event: Event) -> None:
        try:
            answer = getattr(self._hook, kind)(event)
            if inspect.isawaitable(answer):
                runner.run(_in_time(answer))
        except TimeoutError as error:
            self._lose(kind, "late", error)
        except BaseException as error:  # whatever it is, the thread must go on
            self._lose(kind, "raised", error)

    def _lose(self, kind: str, reason: str, error: BaseException | None) -> None:
        """Count it, and log it once a minute."""
        self.lost[kind, reason] += 1
        self._observe(self.name, kind, reason)
        now = self._clock()
        if now - self._logged.get((kind, reason), -LOG_EVERY_S) >= LOG_EVERY_S:
            self._logged[kind, reason] = now
            lost = self.lost[kind, reason]
            logger.error("the hook %s.%s lost %d events (%s)", self.name, kind, lost, reason, exc_info=error)


async def _in_time(answer: Awaitable[Any]) -> None:
    async with asyncio.timeout(TIMEOUT_S):
        await answer


class Hooks:
    """All hooks of an executor, by what they want to hear. No hook, no cost: each tuple is then empty."""

    def __init__(self, hooks: Iterable[Hook] = (), observe: Observe = _observe_nothing) -> None:
        """Raises TypeError for an object that has none of the six methods."""
        self.lines = [Line(checked(hook), observe) for hook in hooks]
        self.on_start = self._who("on_start")
        self.on_end = self._who("on_end")
        self.on_error = self._who("on_error")
        self.on_retry = self._who("on_retry")
        self.on_cache = self._who("on_cache")
        self.on_state_change = self._who("on_state_change")

    def _who(self, kind: str) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if hasattr(line._hook, kind))

    def tell(self, kind: str, event: Event) -> None:
        """Queue *event* for every hook that has a method *kind*."""
        for line in getattr(self, kind):
            line.add(kind, event)

    def flush(self, timeout_s: float = 2.0) -> bool:
        """Return when all hooks have had all events so far; False if one takes longer."""
        taken = [line.flush(timeout_s) for line in self.lines]
        return all(taken)

    def close(self) -> None:
        """Give hooks two seconds for what waits, then leave them behind."""
        if not self.flush():
            logger.warning("hooks had not taken all events when the executor was closed")
        for line in self.lines:
            line.close()


NO_HOOKS = Hooks()


def checked(hook: Hook) -> Hook:
    """*hook*. Raises TypeError, if it would never hear anything."""
    if any(callable(getattr(hook, kind, None)) for kind in KINDS):
        return hook
    raise TypeError(f"{type(hook).__name__} is no hook: give it one of the methods {', '.join(KINDS)}.")
