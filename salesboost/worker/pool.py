"""The pool of our workers: threads. Celery's usual pool has a process for each place, and one more for beat."""

import logging
import os
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from celery import signals
from celery.concurrency.thread import TaskPool

from salesboost.worker.loading import load_for

logger = logging.getLogger(__name__)


class Pool(TaskPool):
    """Celery's threads, but that the loop of their worker hears at once what became of a task.

    Celery lets each thread acknowledge its message and count itself out, beside the loop that does the same, and
    nothing wakes the loop: a worker that fetches nothing ahead would leave its next message for seconds.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._hub: Any = None
        self._told: deque[Callable[[], object]] = deque()

    def register_with_event_loop(self, hub: Any) -> None:
        self._hub = hub

    def on_start(self) -> None:
        """Threads of a process that has begun: what a forked child would do first is done here."""
        signals.worker_process_init.send(sender=None)

    def on_apply(
        self,
        target: Any,
        args: Any = None,
        kwargs: Any = None,
        callback: Any = None,
        accept_callback: Any = None,
        **rest: Any,
    ) -> Any:
        """Run *target* in a thread; its callbacks are called in the worker's loop, in their order."""
        load_for(args[0])
        return super().on_apply(
            target, args, kwargs, partial(self._tell, callback), partial(self._tell, accept_callback), **rest
        )

    def on_stop(self) -> None:
        """Wait for what runs. What has not begun goes back to its queue, as nobody has acknowledged it."""
        super().on_stop()
        self._hear()  # the loop has ended
        signals.worker_process_shutdown.send(sender=None, pid=os.getpid(), exitcode=0)

    def _tell(self, callback: Callable[..., object] | None, *said: Any) -> None:
        if callback is not None:
            self._told.append(partial(callback, *said))
            self._hub.call_soon(self._hear)

    def _hear(self) -> None:
        while self._told:
            try:
                self._told.popleft()()
            except Exception:
                logger.exception("What became of a task was not noted")
