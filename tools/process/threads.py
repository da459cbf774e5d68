"""The threads that synchronous tools run in.

Not ``ThreadPoolExecutor``: there a thread whose tool hangs keeps its place for ever, so that as many hanging calls
as there are threads stop every synchronous tool, and it keeps the process from ending.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from threading import Condition, Thread
from typing import Any

from tools.process.forking import forget_after_fork

MOST = 32
# So many threads that hang are made up for by new ones.
MOST_STUCK = 64

Work = tuple["Future[Any]", Callable[[], Any]]


class ToolThreads:
    """At most *most* threads at work, beside up to *most_stuck* that were given up. All are daemons."""

    def __init__(self, most: int = MOST, most_stuck: int = MOST_STUCK) -> None:
        self._most = most
        self._most_stuck = most_stuck
        self._closed = False
        self.forget_threads()
        forget_after_fork(self)

    def forget_threads(self) -> None:
        """Begin anew, with none."""
        self._waiting: deque[Work] = deque()
        self._stuck: set[Future[Any]] = set()
        self._changed = Condition()
        self._alive = self._idle = 0

    @property
    def alive(self) -> int:
        """All threads, idle ones too."""
        return self._alive

    @property
    def stuck(self) -> int:
        """Threads whose call has ended without them."""
        return len(self._stuck)

    @property
    def waiting(self) -> int:
        """Calls for which no thread was free yet."""
        return len(self._waiting)

    def submit(self, run: Callable[[], Any]) -> "Future[Any]":
        """Have *run* called by a thread. Raises RuntimeError when closed."""
        future: Future[Any] = Future()
        with self._changed:
            if self._closed:
                raise RuntimeError("The executor is closed: build another one.")
            self._waiting.append((future, run))
            self._changed.notify()
            self._grow()
        return future

    def abandon(self, future: "Future[Any]") -> bool:
        """Wait for *future* no longer; True if a thread is at it, which is then made up for until it returns."""
        with self._changed:
            if future.cancel() or future.done():
                return False
            self._stuck.add(future)
            self._grow()
            return True

    def close(self) -> None:
        """Call nothing that waits, and end the idle threads; those at work end with the process at the latest."""
        with self._changed:
            self._closed = True
            for future, _ in self._waiting:
                future.cancel()
            self._waiting.clear()
            self._changed.notify_all()

    @property
    def _allowed(self) -> int:
        return self._most + min(len(self._stuck), self._most_stuck)

    def _grow(self) -> None:
        if len(self._waiting) > self._idle and self._alive < self._allowed:
            self._alive += 1
            Thread(target=self._work, name=f"salesboost-tool-{self._alive}", daemon=True).start()

    def _work(self) -> None:
        while (work := self._next()) is not None:
            future, run = work
            if not future.set_running_or_notify_cancel():
                continue
            try:
                answer = run()
            except (GeneratorExit, KeyboardInterrupt) as error:
                # Where the future is awaited they would look like the coroutine's end and like Ctrl-C.
                future.set_exception(_renamed(error))
                del error
            except BaseException as error:
                future.set_exception(error)
                del error  # with its traceback it would hold the frame, and with that itself
            else:
                future.set_result(answer)
            with self._changed:
                self._stuck.discard(future)
            del future, run, work

    def _next(self) -> Work | None:
        """What to do next; None when this thread is one too many."""
        with self._changed:
            while not self._closed and self._alive <= self._allowed:
                if self._waiting:
                    return self._waiting.popleft()
                self._idle += 1
                self._changed.wait()
                self._idle -= 1
            self._alive -= 1
            return None


def _renamed(error: BaseException) -> RuntimeError:
    renamed = RuntimeError(f"the call raised {type(error).__name__}")
    renamed.__cause__ = error
    return renamed
