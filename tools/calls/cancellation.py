"""How a running tool learns that nobody waits for it any more.

An async tool is told by ``asyncio.CancelledError``. A thread cannot be interrupted, so a synchronous tool asks: it
takes a parameter annotated ``Injected[Cancellation]``.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from threading import Event

from tools.process.interrupts import is_of_signal

_current: ContextVar["Cancellation"] = ContextVar("salesboost_cancellation")


class CallCancelled(Exception):
    """Raised by ``raise_if_cancelled``; let it pass, for nobody waits for an answer."""


class Cancellation:
    """One attempt's: set when the attempt has run out of time, or its caller has gone. For any thread."""

    __slots__ = ("_clock", "_ends_at", "_event", "_then")

    def __init__(self, ends_at: float, clock: Callable[[], float] = time.perf_counter) -> None:
        self._ends_at = ends_at
        self._clock = clock
        self._event = Event()
        self._then: list[Callable[[], object]] = []

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    @property
    def remaining_s(self) -> float:
        """How long the attempt may still take; 0.0 when its time is over."""
        return max(0.0, self._ends_at - self._clock())

    def raise_if_cancelled(self) -> None:
        """Raises CallCancelled. For loops: once a step."""
        if self._event.is_set():
            raise CallCancelled("Nobody waits for this call any more.")

    def wait(self, seconds: float) -> bool:
        """Sleep, at most until cancelled; True if that is so. Blocks the thread: for synchronous tools."""
        return self._event.wait(seconds)

    def cancel(self) -> None:
        """Called by the executor."""
        self._event.set()
        while self._then:
            self._then.pop()()

    @contextmanager
    def also(self, cancel: Callable[[], object]) -> Iterator[None]:
        """Call *cancel* too, if this is cancelled inside the ``with``."""
        self._then.append(cancel)
        if self._event.is_set():
            self.cancel()
        try:
            yield
        finally:
            if cancel in self._then:
                self._then.remove(cancel)


def current() -> Cancellation:
    """Of the attempt that runs here. Raises LookupError where there is none."""
    return _current.get()


def find() -> Cancellation | None:
    """The same, or None."""
    return _current.get(None)


def is_cancelled() -> bool:
    """Whether the running task was cancelled, rather than a tool raised what looks the same."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def is_from_outside(error: BaseException) -> bool:
    """Whether *error* is not the tool's: its caller left, its coroutine was closed, or the process is to end."""
    if isinstance(error, asyncio.CancelledError):
        return is_cancelled()
    return isinstance(error, GeneratorExit) or is_of_signal(error)


def enter(cancellation: Cancellation) -> Token[Cancellation]:
    """Make it the current one, until ``leave``."""
    return _current.set(cancellation)


leave = _current.reset
