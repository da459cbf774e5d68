"""Who was sent what: noted where a request has gone out, and written down in the background.

Whoever asks a model waits for no query. What is noted is kept in memory until the thread of ``live`` has written
it, which it does once a second. While Postgres is away it waits, MOST_WAITING at most; what has to be dropped is
counted and logged. A process that is killed takes up to a second of it along: the spans of those calls, which are
kept apart, still name the run and the arm, and the next call of the unit is noted anyhow.
"""

import atexit
import logging
import os
import threading
from collections import deque
from collections.abc import Sequence
from datetime import datetime

from django.db import Error

from tools.llm.experiments.given import Exposure

logger = logging.getLogger(__name__)
MOST_WAITING = 100_000
# So many a statement; and so many that were written are remembered, for a unit says the same each round.
BATCH, MOST_REMEMBERED = 500, 50_000


class Exposures:
    """Those of one process that are not written yet. After a fork the child begins with none."""

    def __init__(self) -> None:
        self._forget()
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._waiting: deque[tuple[datetime, Exposure]] = deque()
        self._seen: set[Exposure] = set()
        self._writing = threading.Lock()
        self.dropped = 0

    def note(self, exposure: Exposure, at: datetime) -> None:
        """That it was sent, by a question that was asked *at* a moment. It only remembers: anybody may call it."""
        if exposure in self._seen:
            return
        if len(self._waiting) >= MOST_WAITING:
            self.dropped += 1
            if self.dropped == 1:
                logger.error("Exposures of experiments are dropped: %s wait for Postgres.", MOST_WAITING)
            return
        if len(self._seen) >= MOST_REMEMBERED:
            self._seen = set()
        self._seen.add(exposure)
        self._waiting.append((at, exposure))

    def write_down(self) -> int:
        """Write what is noted; how many. Queries, only where there is something. Raises what Postgres does."""
        written = 0
        with self._writing:
            while self._waiting:
                batch = [self._waiting[place] for place in range(min(BATCH, len(self._waiting)))]
                store(batch)
                for _ in batch:  # only now: what could not be written is written the next time
                    self._waiting.popleft()
                written += len(batch)
        return written


def store(noted: Sequence[tuple[datetime, Exposure]]) -> None:
    """Each unit once a run: who comes first writes the row, marks are added by anybody. Three statements.

    A unit that is given another arm than it had, or an arm's other version, is marked as mixed.
    """
    from tools.llm.experiments.stored import add_exposures

    add_exposures(noted)


def at_the_end() -> None:
    try:
        _exposures.write_down()
    except Error as error:
        logger.error("The last exposures of experiments are lost: %r", error)


_exposures = Exposures()
note = _exposures.note
write_down = _exposures.write_down
atexit.register(at_the_end)
