"""Takes finished spans from the SDK into the journal, without a word to the traced call.

``on_end`` writes the span into the journal and returns. The machine's recorder (``telemetry.recorder``) reads what
all processes write and stores it; where there is none, a thread of this process does so for itself: it reads the
journal, builds the rows and hands them to the writer. While Postgres is away the journal grows on disk; what a
process left behind when it died is stored by whoever looks next.
"""

import logging
import os
import threading
from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path

from django.conf import settings
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, attach, get_value, set_value
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from telemetry.journal.journal import Journal
from telemetry.process.counters import counters
from telemetry.recorder.backlog import end_of_first
from telemetry.recorder.journal_reader import JournalReader
from telemetry.recorder.presence import Presence
from telemetry.spans import finished
from telemetry.store.unavailable import StoreUnavailable

logger = logging.getLogger(__name__)

# How often it is looked at what the recorder has stored, to let go of it.
CATCH_UP_S = 1.0


# What follows is for a process without a recorder; beside one it is not even loaded.
def load_here() -> None:
    """Load it in the caller's thread: a child that is forked amid that would have half of it for ever."""
    import_module("telemetry.recorder.records")


def store_here(records: Sequence[bytes]) -> None:
    """Store *records* from this process; as ``telemetry.recorder.records.store``."""
    from telemetry.recorder.records import store

    store(records)


def forward_here() -> None:
    """Send on what ended processes have left to be sent."""
    from telemetry.forward.current import get_forwarder

    if forwarder := get_forwarder():
        forwarder.start()


def report_here() -> None:
    """Have this process's counts written."""
    from telemetry.store.writer import get_writer

    get_writer().submit(())


class JournalProcessor(SpanProcessor):
    """Records every ended span of this process, exactly once, if need be after the process has died."""

    def __init__(self, folder: Path, *, interval_s: float, batch: int) -> None:
        self.journal = Journal(folder)
        self._folder, self._interval_s, self._batch = folder, interval_s, batch
        self._recorder = Presence(folder)
        self._spool = JournalReader(folder, store_here, interval_s=interval_s, batch=batch)
        self._flushing = 0
        self._dropped = 0  # how many lost spans the counters' row tells of
        self._wake = threading.Event()
        self._stored = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        os.register_at_fork(after_in_child=self._start_anew)

    def start(self) -> None:
        """Begin to store; also what was left behind by others. Calling it again changes nothing."""
        with self._starting:
            if self._thread is None:
                self._stopping = False
                if self._recorder.alone:
                    load_here()
                counters().wait_in("journal", lambda: self.journal.waiting, self.oldest_end)
                self._thread = threading.Thread(target=self._run, name="span-journal", daemon=True)
                self._thread.start()

    def on_end(self, span: ReadableSpan) -> None:
        """Keep *span*. Takes some µs, never raises, waits for nothing."""
        if get_value(_SUPPRESS_INSTRUMENTATION_KEY):
            return  # an instrumentation of the database that does not look at this itself
        try:
            if not self.journal.append(finished.encode(span)):
                counters().add(dropped=1)
            if self.journal.waiting == self._batch:
                self._wake.set()
            # The first span of a forked child; one that ends after the shutdown is the next process's to store.
            if self._thread is None and not self._stopping:
                self.start()
        except Exception:
            counters().add(dropped=1)
            logger.exception("A span was lost")

    def oldest_end(self) -> datetime | None:
        """When the oldest span ended that this process has not stored; None when all are."""
        return end_of_first(self.journal.oldest())

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Wait until all spans that have ended are stored; False if that takes longer."""
        target = self.journal.appended
        with self._stored:
            self._flushing += 1
            self._wake.set()
            try:
                return self._stored.wait_for(lambda: self.journal.advanced >= target, timeout_millis / 1000)
            finally:
                self._flushing -= 1

    def shutdown(self) -> None:
        """Store what can be stored within some seconds; the rest stays in the journal for the next process."""
        thread = self._thread
        if thread is None:
            return
        self._stopping = True
        self._wake.set()
        thread.join(10)
        self._thread = None
        counters().wait_no_more("journal")
        self.journal.close()

    def _run(self) -> None:
        # What stores spans must not make any.
        attach(set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))
        while not self._stopping:
            self._wake.wait(self._round())
            self._wake.clear()
        self._round()

    def _round(self) -> float:
        """Store all that the journal holds, or see what the recorder has stored; returns for how long to rest."""
        # Nobody may be there later to store what a short script leaves behind.
        alone = self._recorder.alone if not self._stopping else not self._recorder.here
        if not alone:
            self.journal.catch_up()
        self._drain(alone)
        if alone and not self._stopping and not self._spool.backoff.wait_s:
            self._spool.adopt_now_and_then()
            if settings.FORWARD_OTLP_URL:
                forward_here()
        with self._stored:
            self._stored.notify_all()
        self._tell_of_lost()
        return max(self._interval_s if alone or self._flushing else CATCH_UP_S, self._spool.backoff.wait_s)

    def _drain(self, alone: bool) -> None:
        """Store all that the journal holds, or as much as the store takes; but for what a recorder will store."""
        backoff = self._spool.backoff
        try:
            while (alone or self.journal.is_in_memory) and (batch := self.journal.read(self._batch)):
                store_here(batch.records)
                self.journal.advance(batch)
                backoff.succeeded()
                with self._stored:
                    self._stored.notify_all()
        except StoreUnavailable as error:
            backoff.failed(error.wait_s)
            self._sync()
        except Exception:
            backoff.failed()
            logger.exception("Spans wait in the journal")

    def _sync(self) -> None:
        try:
            self.journal.sync()
        except OSError as error:
            logger.warning("The journal is not safe against a failing machine: %s", error)

    def _tell_of_lost(self) -> None:
        """Have the writer, which has nothing else to do beside a recorder, write how many spans were lost."""
        if (dropped := counters().dropped) != self._dropped:
            self._dropped = dropped
            report_here()

    def _start_anew(self) -> None:
        """In a forked child: the files, threads and locks are the parent's."""
        self.journal.abandon()
        self.journal = Journal(self._folder)
        self._wake, self._stored = threading.Event(), threading.Condition()
        self._starting = threading.Lock()
        self._thread = None
        self._spool.backoff.succeeded()
