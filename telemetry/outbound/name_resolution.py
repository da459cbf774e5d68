"""Questions to the resolver of names, which may hang and cannot be called off.

Each is asked in a thread of its own that nobody has to wait for: who asked may give up. The same question is
asked once however many wait for its answer, and only so many may hang at a time.
"""

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Any, TypeVar

Answer = TypeVar("Answer")
# A name that hangs has one thread, so this many names would have to hang before they are in the way of others.
MOST = 64


class TooManyHang(Exception):
    """So many questions are unanswered that no other is asked."""


class Lookups:
    """Asks, *most* questions at a time."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.running: dict[Hashable, Future[Any]] = {}
        self.lock = Lock()

    async def ask(self, question: Hashable, find: Callable[[], Answer]) -> Answer:
        """What *find* returns or raises; cancelling this leaves only its thread behind. TooManyHang."""
        answer: Answer = await asyncio.wrap_future(self.asked(question, find))
        return answer

    def asked(self, question: Hashable, find: Callable[[], Answer]) -> "Future[Answer]":
        with self.lock:
            if question in self.running:
                return self.running[question]
            if len(self.running) >= self.most:
                raise TooManyHang(f"{self.most} look-ups of names have not been answered yet.")
            future: Future[Answer] = Future()
            future.set_running_or_notify_cancel()  # so that nobody who gives up cancels it for the others
            self.running[question] = future
        Thread(target=self.answer, args=(question, find, future), name="look-up", daemon=True).start()
        return future

    def answer(self, question: Hashable, find: Callable[[], Answer], future: "Future[Answer]") -> None:
        try:
            found = find()
        except Exception as error:
            self.forget(question)
            future.set_exception(error)
        else:
            self.forget(question)
            future.set_result(found)

    def forget(self, question: Hashable) -> None:
        with self.lock:
            del self.running[question]


LOOKUPS = Lookups()
