"""Whether a recorder is at work on this machine: it holds a lock, which the kernel lets go of when it dies."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = "recorder.lock"
# A recorder that died is started again by then, as a rule; after that, each process stores for itself.
AWAY_S = 10.0
LOOK_EVERY_S = 0.5


class Presence:
    """What a process knows of the recorder that reads *folder*. For any thread."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = folder / LOCK
        self._clock = clock
        self._here = False
        self._looked_at: float | None = None
        self._seen_at = clock()  # a process that begins waits as long for one as any other

    @property
    def here(self) -> bool:
        """Whether a recorder is at work, by a look half a second ago or less."""
        now = self._clock()
        if self._looked_at is None or now - self._looked_at >= LOOK_EVERY_S:
            self._looked_at, self._here = now, is_held(self._path)
            if self._here:
                self._seen_at = now
        return self._here

    @property
    def alone(self) -> bool:
        """Whether this process has to store for itself: nobody else has been there to do it for ten seconds."""
        if self.here:
            return False
        return self._clock() - self._seen_at >= AWAY_S or not self._path.exists()


def is_held(path: Path) -> bool:
    """Whether a process holds the lock at *path*."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        # Shared, so that two who look do not take each other for a recorder.
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(fd)
    return False


@contextmanager
def held(folder: Path, wait: Callable[[], bool]) -> Iterator[bool]:
    """Be the recorder of *folder*: True once no other is, False if *wait* says that nobody wants one any more.

    *wait* is called while another one is at work, or somebody looks; it returns whether to try again.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / LOCK
    fd = _taken(path, wait)
    try:
        yield fd is not None
    finally:
        if fd is not None:
            # One that ends in good order is not waited for; of one that was killed the file stays. Where somebody
            # took the file away, the one that is there now is another recorder's.
            if _is_at(path, fd):
                path.unlink(missing_ok=True)
            os.close(fd)


def _is_at(path: Path, fd: int) -> bool:
    """Whether the file at *path* is the one that is open as *fd*."""
    try:
        return os.path.samestat(path.stat(), os.fstat(fd))
    except OSError:
        return False


def _taken(path: Path, wait: Callable[[], bool]) -> int | None:
    """The locked file at *path*; None if *wait* gave up."""
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(fd).st_nlink:
                return fd
        except BlockingIOError:
            if not wait():
                os.close(fd)
                return None
        os.close(fd)  # also that of a recorder which ended just now and removed it
