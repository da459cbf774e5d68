"""The thread that sends on what was stored: in order, patiently, and without anybody waiting for it.

At least once: a process that dies between the endpoint's answer and its own note of it sends a batch again. Span
ids stay the same, by which the endpoint can tell.
"""

import logging
import os
import random
import threading
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path

from telemetry.forward.encoding import encode
from telemetry.forward.post import Answer, Poster, Verdict
from telemetry.forward.queue import ForwardQueue, trim
from telemetry.forward.target import Target
from telemetry.journal.segments import Segment, orphans
from telemetry.process.counters import counters
from telemetry.spans.finished import SpanFacts, decode

logger = logging.getLogger(__name__)

BATCH = 500
IDLE_S = 0.5
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
CLOSE_S = 12.0  # longer than a request may take


class Later(Exception):
    """The endpoint takes nothing now."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.reason)
        self.wait_s = answer.wait_s


class Forwarder:
    """Sends records, each a redacted span as ``telemetry.spans.finished`` packs it, to *target*."""

    def __init__(
        self,
        target: Target,
        folder: Path,
        *,
        first_wait_s: float = FIRST_WAIT_S,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.queue = ForwardQueue(folder)
        self._target, self._folder = target, folder
        self._first_wait_s, self._jitter = first_wait_s, jitter
        self._wake = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._failures = 0
        os.register_at_fork(after_in_child=self._start_anew)

    def start(self) -> None:
        """Begin to send, also what ended processes left behind. Calling it again changes nothing."""
        with self._starting:
            if self._thread is None and not self._stopping:
                counters().forwarding = lambda: self.queue.waiting
                self._thread = threading.Thread(target=self._run, name="span-forwarder", daemon=True)
                self._thread.start()

    def add(self, records: Sequence[bytes]) -> None:
        """Keep *records* on disk until they are sent. Takes some µs each, waits for nobody."""
        if not records:
            return
        gone = sum(self.queue.add(record) for record in records)
        if gone:
            counters().add_forwarded(0, dropped=gone)
            logger.error("%d spans are not forwarded to %s: too many wait.", gone, self._target.place)
        self.start()
        if not self._failures:
            self._wake.set()

    def close(self) -> None:
        """End after the request under way; what is left stays on disk for another process."""
        with self._starting:
            self._stopping = True
            thread, self._thread = self._thread, None
        self._wake.set()
        if thread is not None:
            thread.join(CLOSE_S)
        self.queue.close()

    def _run(self) -> None:
        poster = Poster(self._target)
        while not self._stopping:
            wait_s = self._round(poster)
            self._wake.wait(wait_s)
            self._wake.clear()
        poster.close()

    def _round(self, poster: Poster) -> float:
        """Send all that waits, here and in what others left; returns for how long to rest then, in seconds."""
        try:
            self._send_own(poster)
            for segment in orphans(self._folder):
                self._send_left(poster, segment)
        except Later as error:
            return self._rest(error)
        except Exception:
            logger.exception("Spans wait to be forwarded")
            return LONGEST_WAIT_S
        if self._failures:
            logger.warning("%s takes spans again.", self._target.place)
            self._failures = 0
        return IDLE_S

    def _rest(self, error: Later) -> float:
        if not self._failures:
            logger.warning("Spans wait to be forwarded to %s: %s", self._target.place, error)
        rest_s = wait_s(self._failures, error.wait_s, self._jitter(), self._first_wait_s)
        self._failures += 1
        counters().add_forwarded(0, dropped=trim(self._folder))
        return rest_s

    def _send_own(self, poster: Poster) -> None:
        while not self._stopping and (batch := self.queue.read(BATCH)):
            self._send(poster, batch.records)
            self.queue.advance(batch)

    def _send_left(self, poster: Poster, segment: Segment) -> None:
        try:
            while records := list(islice(segment.records(), BATCH)):
                if self._stopping:
                    segment.close()
                    return
                self._send(poster, [record for record, _ in records])
                segment.advance(records[-1][1])
        except BaseException:
            segment.close()
            raise
        segment.remove()

    def _send(self, poster: Poster, records: Sequence[bytes]) -> None:
        """Have *records* taken or refused. Raises Later."""
        answer = poster.post(request_of(records))
        if answer.verdict is Verdict.LATER:
            raise Later(answer)
        if answer.verdict is Verdict.TOO_LARGE and len(records) > 1:
            middle = len(records) // 2
            self._send(poster, records[:middle])
            self._send(poster, records[middle:])
            return
        lost = answer.rejected if answer.verdict is Verdict.TAKEN else len(records)
        if lost:
            logger.error("%s refused %d of %d spans: %s", self._target.place, lost, len(records), answer.reason)
        counters().add_forwarded(len(records) - lost, dropped=lost)

    def _start_anew(self) -> None:
        """In a forked child: the files, threads and locks are the parent's."""
        self.queue.abandon()
        self.queue = ForwardQueue(self._folder)
        self._wake, self._starting = threading.Event(), threading.Lock()
        self._thread, self._failures = None, 0


def wait_s(failures: int, asked_s: float | None, jitter: float, first_s: float = FIRST_WAIT_S) -> float:
    """How long to wait after so many *failures* before this one: as *asked*, else twice as long each time."""
    if asked_s is not None:
        return asked_s
    return min(first_s * 2.0 ** min(failures, 10), LONGEST_WAIT_S) * (0.5 + jitter / 2)


def request_of(records: Sequence[bytes]) -> bytes:
    """The OTLP request of *records*; one that cannot be read is left out."""
    spans: list[SpanFacts] = []
    for record in records:
        try:
            spans.append(decode(record))
        except Exception:
            logger.exception("A span cannot be forwarded")
    encoded: bytes = encode(spans).SerializeToString()
    return encoded
