"""Group commit: one thread a process writes all that waits in one transaction, then answers each submitter."""

import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, attach, set_value

from telemetry.database import partitions
from telemetry.forward.current import get_forwarder
from telemetry.process.backoff import Backoff
from telemetry.process.counters import counters
from telemetry.spans.rows import SpanRow, ends_after
from telemetry.store.batches import write_spans
from telemetry.store.signals import spans_stored
from telemetry.store.unavailable import RETRY_FIRST_S, RETRY_MOST_S, QueueFull, StoreUnavailable

logger = logging.getLogger(__name__)

# A larger transaction gains nothing and makes the first submitter wait.
GROUP_ROWS = 5_000
IDLE_S = 1.0
# A span that is stored so long after its end came late: it counts in the time in which it began.
LATE_AFTER = timedelta(minutes=10)
# What a row can be guilty of; anything else (no server, no table) passes and the rows are tried again.
FAULTS_OF_ROWS = (DataError, IntegrityError, ValueError, TypeError, OverflowError)
CLOSE_AFTER_IDLE_S = 30.0


@dataclass(slots=True)
class Submission:
    """Rows that one submitter waits for; the result is how many of them were refused.

    *forward*: what is to be forwarded once they are stored, each a span as ``telemetry.spans.finished`` packs it.
    """

    rows: Sequence[SpanRow]
    forward: Sequence[bytes] = ()
    answer: "Future[int]" = field(default_factory=Future)
    submitted_at: datetime = field(default_factory=partial(datetime.now, UTC))


class Writer:
    """Takes rows from any thread, commits them in groups on a connection of its own."""

    def __init__(self, *, most_waiting: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most_waiting = most_waiting
        self._stores = Backoff(RETRY_FIRST_S, RETRY_MOST_S, clock=clock)
        self._reports = Backoff(RETRY_FIRST_S, RETRY_MOST_S, clock=clock)
        self._oldest_at: datetime | None = None
        self._queue: queue.SimpleQueue[Submission | None] = queue.SimpleQueue()
        self._waiting = 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def waiting(self) -> int:
        """Rows submitted and not yet answered."""
        return self._waiting

    @property
    def oldest_at(self) -> datetime | None:
        """When the oldest of the rows was submitted that are being stored; None when none are."""
        return self._oldest_at

    def submit(
        self, rows: Sequence[SpanRow], *, bounded: bool = True, forward: Sequence[bytes] = ()
    ) -> "Future[int]":
        """Have *rows* stored and then *forward* sent on; the result, after the commit, is how many were refused.

        The future raises StoreUnavailable if they could not be stored. Raises QueueFull when too many wait;
        *bounded* False is for the journal, which bounds itself.
        """
        with self._lock:
            if bounded and self._waiting and self._waiting + len(rows) > self._most_waiting:
                raise QueueFull
            self._waiting += len(rows)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="span-writer", daemon=True)
                self._thread.start()
        submission = Submission(rows, forward)
        # A submitter that goes away must not take its rows back amid a transaction.
        submission.answer.set_running_or_notify_cancel()
        self._queue.put(submission)
        return submission.answer

    def close(self, timeout_s: float = 5.0) -> None:
        """Write what waits, then end the thread and its connection."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._queue.put(None)
            thread.join(timeout_s)

    def _run(self) -> None:
        # What stores spans must not make any.
        attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))
        connections["default"] = unpooled(connections["default"])
        idle_since = time.monotonic()
        while True:
            group = self._take()
            if group is None:
                break
            if group:
                self._write(group)
                idle_since = time.monotonic()
            elif time.monotonic() - idle_since > CLOSE_AFTER_IDLE_S:
                connections["default"].close()
            self._report()
        self._report(last=True)
        connections["default"].close()
        with self._lock:
            if self._thread is threading.current_thread():
                self._thread = None  # the next submission starts another

    def _take(self) -> list[Submission] | None:
        """All that waits, up to GROUP_ROWS; empty after an idle second; None at the end."""
        group: list[Submission] = []
        rows = 0
        while rows < GROUP_ROWS:
            try:
                submission = self._queue.get(block=not group, timeout=IDLE_S)
            except queue.Empty:
                break
            if submission is None:
                if group:
                    self._queue.put(None)
                    break
                return None
            group.append(submission)
            rows += len(submission.rows)
        return group

    def _write(self, group: list[Submission]) -> None:
        """Store the *group* and answer everybody in it. Never raises."""
        self._oldest_at = group[0].submitted_at
        try:
            refused = self._store(group)
        except StoreUnavailable as error:
            self._answered(group)
            for submission in group:
                submission.answer.set_exception(error)
            return
        _forward(group)
        self._answered(group)
        for submission, count in zip(group, refused, strict=True):
            submission.answer.set_result(count)

    def _store(self, group: list[Submission]) -> list[int]:
        """Store the *group* unless it is too early to try again; how many rows of each submission are refused.

        Raises StoreUnavailable.
        """
        if wait_s := self._stores.wait_s:
            raise StoreUnavailable(f"nothing is tried for another {wait_s:.1f} s", wait_s)
        try:
            refused = self._store_now(group)
        except Exception as error:
            logger.warning("Spans could not be stored and are kept: %s", error)
            connections["default"].close()
            # Another error is of these rows alone, and those of others need not wait for it.
            if isinstance(error, DatabaseError | InterfaceError):
                self._stores.failed()
            raise StoreUnavailable(str(error), self._stores.wait_s) from error
        self._stores.succeeded()
        return refused

    def _store_now(self, group: list[Submission]) -> list[int]:
        """Store the *group* in one transaction; returns how many rows of each submission are refused."""
        try:
            self._commit([row for submission in group for row in submission.rows])
        except FAULTS_OF_ROWS:
            # Find out which row it is, without losing the rest.
            return [self._commit_apart(submission.rows) for submission in group]
        return [0] * len(group)

    def _answered(self, group: list[Submission]) -> None:
        self._oldest_at = None
        with self._lock:
            self._waiting -= sum(len(submission.rows) for submission in group)

    def _commit(self, rows: Sequence[SpanRow]) -> None:
        try:
            stored = write_spans(rows)
        except (OperationalError, InterfaceError):
            if self._stores.failures:  # so it was a fresh connection
                raise
            # The server may have been restarted since the last batch: a fresh connection tells.
            connections["default"].close()
            stored = write_spans(rows)
        if rows:
            ends = [row.start_time + timedelta(milliseconds=row.duration_ms) for row in rows]
            in_time = datetime.now(UTC) - LATE_AFTER
            late = sum(end < in_time for end in ends)
            # Of a batch that was stored before, nothing came late.
            counters().add(stored=stored, late=min(late, stored))
            counters().saw(max(ends))
        if stored:
            spans_stored.send_robust(sender=Writer, spans=stored)

    def _commit_apart(self, rows: Sequence[SpanRow]) -> int:
        """Store *rows* by halves; returns how many cannot be stored at all."""
        try:
            self._commit(rows)
        except FAULTS_OF_ROWS as error:
            if len(rows) == 1:
                logger.error("A span named %r is refused: %s", rows[0].name, error)
                counters().add(refused=1)
                return 1
            middle = len(rows) // 2
            return self._commit_apart(rows[:middle]) + self._commit_apart(rows[middle:])
        return 0

    def _report(self, *, last: bool = False) -> None:
        if self._reports.wait_s and not last:
            return
        try:
            counters().report(now=last)
            self._reports.succeeded()
        except Exception as error:
            logger.debug("The recorder's row was not written: %s", error)
            connections["default"].close()
            self._reports.failed()


def _forward(group: Sequence[Submission]) -> None:
    """Leave what was stored to the forwarder, before anybody is told: who is told does not send it again."""
    try:
        if forwarder := get_forwarder():
            forwarder.add([record for submission in group for record in submission.forward])
    except Exception:
        logger.exception("Stored spans are not forwarded")


def within_window(rows: Sequence[SpanRow], now: datetime | None = None) -> list[SpanRow]:
    """Those of *rows* that began when a partition may exist (``partitions.allowed``), and have ended."""
    oldest, newest = partitions.allowed(now or datetime.now(UTC))
    return [row for row in rows if oldest <= row.start_time and not ends_after(row, newest)]


def unpooled(connection: BaseDatabaseWrapper) -> BaseDatabaseWrapper:
    """A connection like *connection*, kept by its thread.

    The pool waits longer and longer before it tries a server again that was away; a writer tries at once.
    """
    settings_dict = deepcopy(connection.settings_dict)
    settings_dict["OPTIONS"].pop("pool", None)
    return type(connection)(settings_dict, alias=connection.alias)


_writer: Writer | None = None
_making = threading.Lock()


def get_writer() -> Writer:
    """The writer of this process."""
    global _writer  # noqa: PLW0603  (one a process, made after the fork)
    with _making:
        if _writer is None:
            _writer = Writer(most_waiting=settings.SPAN_QUEUE_SIZE)
            counters().wait_in(
                "writer", partial(getattr, _writer, "waiting"), partial(getattr, _writer, "oldest_at")
            )
        return _writer


def _forget() -> None:
    global _writer, _making
    _writer, _making = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)
