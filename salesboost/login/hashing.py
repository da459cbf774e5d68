"""Passwords are checked a few at a time, in threads of their own that let everything else go first.

A check is half a second of computing on purpose. Two dozen at once would keep every core, and so the event loop
that serves everybody, waiting for their turn; those over the bound are told to come back instead.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from contextlib import suppress

from django.contrib.auth.hashers import PBKDF2PasswordHasher

# Checks of one process: half of the cores compute, some more may wait for so long.
RUNNING = max(1, (os.cpu_count() or 1) // 2)
WAITING = 8
WAIT_S = 5.0
# As `nice` has it: 19 gives way to everybody.
NICENESS = 10


class TooManyLogins(Exception):
    """More passwords than we can check are waiting; the caller may try again in ``retry_after_s``."""

    retry_after_s = 5


class Bounded:
    """Runs work a few at a time, and refuses what would wait for long; if it *yields*, others go first."""

    def __init__(
        self, running: int = RUNNING, waiting: int = WAITING, wait_s: float = WAIT_S, *, yields: bool = True
    ) -> None:
        first = give_way if yields else None
        self._threads = ThreadPoolExecutor(running, thread_name_prefix="hashing", initializer=first)
        self._room = threading.BoundedSemaphore(running + waiting)
        self._wait_s = wait_s

    def run(self, work: Callable[[], str]) -> str:
        """What *work* returns. Raises TooManyLogins where it does not even begin within the time."""
        if not self._room.acquire(blocking=False):
            raise TooManyLogins
        future = self._threads.submit(work)
        future.add_done_callback(self._leave)
        try:
            return future.result(self._wait_s)
        except NotInTime:
            if future.cancel():
                raise TooManyLogins from None
            return future.result()  # it has begun, and ends soon
        except CancelledError:
            raise TooManyLogins from None

    def _leave(self, future: Future[str]) -> None:
        self._room.release()


def give_way() -> None:
    """Let other threads of the machine go before this one, where the system can tell threads apart (Linux)."""
    with suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


bounded = Bounded()


def hurry() -> None:
    """Have this process check passwords as fast as it can: it is awaited, and serves nobody."""
    global bounded  # noqa: PLW0603  (one a process)
    bounded = Bounded(yields=False)


class BoundedPBKDF2(PBKDF2PasswordHasher):
    """Django's own hasher, and its hashes; every check and every new password goes through ``bounded``."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        return bounded.run(lambda: super(BoundedPBKDF2, self).encode(password, salt, iterations))
