"""Event loops that run beside everything else, each in a daemon thread, made when first used."""

import asyncio
import logging
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from tools.process.forking import forget_after_fork

T = TypeVar("T")
logger = logging.getLogger(__name__)


class BackgroundLoop:
    """One event loop in one thread. After a fork the child makes its own."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.forget_threads()
        forget_after_fork(self)

    def forget_threads(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The running loop."""
        return self.running or self._start()

    @property
    def running(self) -> asyncio.AbstractEventLoop | None:
        """The loop if there is one just now; does not start it."""
        return self._loop if self._thread is not None and self._thread.is_alive() else None

    @property
    def is_current(self) -> bool:
        """True in a callback or task of this very loop."""
        return self._thread is threading.current_thread()

    def _start(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if (loop := self.running) is None:  # never started, stopped, or ended by what ran there
                self._loop = None  # else others would take the one that ended for that of the new thread
                loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=_run, args=[loop], name=self.name, daemon=True)
                self._thread.start()
                self._loop = loop
            return loop

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> "Future[T]":
        """Run *coroutine* there; from any thread."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def stop(self, timeout_s: float = 2.0) -> None:
        """Cancel what runs and end the thread. The next use starts it again."""
        with self._lock:
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(timeout_s)


def _run(loop: asyncio.AbstractEventLoop) -> None:
    _run_forever(loop)
    while tasks := asyncio.all_tasks(loop):
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.close()


def _run_forever(loop: asyncio.AbstractEventLoop) -> None:
    """Until ``loop.stop``: a task that raises what asyncio lets through must not end all others that run there.

    No signal raises it here, for this is not the main thread.
    """
    while True:
        try:
            return loop.run_forever()
        except (KeyboardInterrupt, SystemExit):
            logger.exception("What ran on %s tried to end it", threading.current_thread().name)
