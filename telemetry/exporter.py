"""Takes finished spans from the SDK to the store, through the journal, without a word to the traced call.

``on_end`` writes the span into the journal and returns. A thread of its own reads the journal, builds the rows
and hands them to the writer; after the commit the journal moves on. While Postgres is away the journal grows on
disk; what a process left behind when it died is stored by whichever process looks next.
"""

import logging
import os
import threading
import time
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path

from django.conf import settings
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, attach, get_value, set_value
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from telemetry import facts
from telemetry.backoff import Backoff
from telemetry.counters import counters
from telemetry.journal import Journal, Segment, orphans
from telemetry.rows import SpanRow, Unstorable, row_from_facts
from telemetry.semconv import Origin
from telemetry.spool import end_of_first
from telemetry.writer import RETRY_MOST_S, StoreUnavailable, get_writer, within_window

logger = logging.getLogger(__name__)

ORPHANS_EVERY_S = 2.0


class JournalProcessor(SpanProcessor):
    """Records every ended span of this process, exactly once, if need be after the process has died."""

    def __init__(self, folder: Path, *, interval_s: float, batch: int) -> None:
        self.journal = Journal(folder)
        self._folder, self._interval_s, self._batch = folder, interval_s, batch
        self._wake = threading.Event()
        self._stored = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._backoff = Backoff(interval_s, RETRY_MOST_S)
        os.register_at_fork(after_in_child=self._start_anew)

    def start(self) -> None:
        """Begin to store; also what was left behind by others. Calling it again changes nothing."""
        with self._starting:
            if self._thread is None:
                self._stopping = False
                counters().wait_in("journal", lambda: self.journal.waiting, self.oldest_end)
                self._thread = threading.Thread(target=self._run, name="span-journal", daemon=True)
                self._thread.start()

    def on_end(self, span: ReadableSpan) -> None:
        """Keep *span*. Takes some µs, never raises, waits for nothing."""
        if get_value(_SUPPRESS_INSTRUMENTATION_KEY):
            return  # an instrumentation of the database that does not look at this itself
        try:
            if not self.journal.append(facts.encode(span)):
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
            self._wake.set()
            return self._stored.wait_for(lambda: self.journal.advanced >= target, timeout_millis / 1000)

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
        looked_at = 0.0
        while not self._stopping:
            self._drain()
            if not self._backoff.wait_s and time.monotonic() - looked_at > ORPHANS_EVERY_S:
                self._adopt()
                looked_at = time.monotonic()
            if self.journal.waiting < self._batch or self._backoff.wait_s:
                self._wake.wait(max(self._interval_s, self._backoff.wait_s))
            self._wake.clear()
        self._drain()

    def _drain(self) -> None:
        """Store all that the journal holds, or as much as the store takes."""
        try:
            while batch := self.journal.read(self._batch):
                self._store(batch.records)
                self.journal.advance(batch)
                self._backoff.succeeded()
                with self._stored:
                    self._stored.notify_all()
        except StoreUnavailable as error:
            self._backoff.failed(error.wait_s)
            self._sync()
        except Exception:
            self._backoff.failed()
            logger.exception("Spans wait in the journal")

    def _sync(self) -> None:
        try:
            self.journal.sync()
        except OSError as error:
            logger.warning("The journal is not safe against a failing machine: %s", error)

    def _adopt(self) -> None:
        """Store what dead processes left behind."""
        try:
            for segment in orphans(self._folder):
                self._take_over(segment)
        except StoreUnavailable as error:
            self._backoff.failed(error.wait_s)
        except Exception:
            self._backoff.failed()
            logger.exception("Spans of a process that died wait in %s", self._folder)

    def _take_over(self, segment: Segment) -> None:
        try:
            while records := list(islice(segment.records(), self._batch)):
                self._store([record for record, _ in records])
                segment.advance(records[-1][1])
                self._backoff.succeeded()
                logger.info("Stored %d spans that a process left behind", len(records))
        except BaseException:
            segment.close()
            raise
        segment.remove()

    def _store(self, records: Sequence[bytes]) -> None:
        """Store *records*; returns after the commit. Raises StoreUnavailable."""
        rows: list[SpanRow] = []
        record_of: dict[int, bytes] = {}
        for record in records:
            try:
                said = facts.decode(record)
                rows.append(row_from_facts(said, settings.PAYLOAD_MAX_CHARS, origin=Origin.OWN))
                record_of[id(rows[-1])] = record
            except Unstorable as error:
                logger.warning("A span is refused: %s", error)
            except Exception:
                logger.exception("A span is refused")
        storable = within_window(rows)
        counters().add(refused=len(records) - len(storable))
        if storable:
            forward = [record_of[id(row)] for row in storable]
            get_writer().submit(storable, bounded=False, forward=forward).result()

    def _start_anew(self) -> None:
        """In a forked child: the files, threads and locks are the parent's."""
        self.journal.abandon()
        self.journal = Journal(self._folder)
        self._wake, self._stored = threading.Event(), threading.Condition()
        self._starting = threading.Lock()
        self._thread = None
        self._backoff.succeeded()
