"""Bodies of OTLP requests brought into the store: unpacked, read, translated, stored, and what is answered.

The same in the recorder and, where there is none, in a web process.
"""

import asyncio
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from django.conf import settings

from telemetry.forward.current import forwards
from telemetry.ingest import otlp
from telemetry.ingest.build import build
from telemetry.ingest.codes import INVALID_ARGUMENT, RESOURCE_EXHAUSTED
from telemetry.ingest.inflating import inflated
from telemetry.ingest.received import Malformed, Received, TooMuch
from telemetry.process.counters import counters
from telemetry.recorder.protocol import BUSY, MAX_BODY_BYTES, TOO_LARGE, Head, Reply
from telemetry.spans.finished import pack
from telemetry.spans.rows import SpanRow
from telemetry.store.unavailable import QueueFull, StoreUnavailable
from telemetry.store.writer import get_writer

MAX_UNPACKED_BYTES = {otlp.PROTOBUF: 64 << 20, otlp.JSON: 32 << 20}
# Bytes of bodies that wait to be read, one after the other; one may always be more.
MAX_READING_BYTES = 64 << 20


class Refusal(Exception):
    """*told* is an answer other than success."""

    def __init__(self, told: Reply) -> None:
        super().__init__(told.message)
        self.told = told


class Intake:
    """Takes bodies, of any number of senders; used on one event loop."""

    def __init__(self) -> None:
        self._reading_bytes = 0
        # One thread: two that compute at a time only take turns, and the first to be read can be stored meanwhile.
        self._decoder = ThreadPoolExecutor(1, thread_name_prefix="otlp")

    @property
    def is_full(self) -> bool:
        """Whether so much waits already that another body would be refused."""
        return self._reading_bytes >= MAX_READING_BYTES or get_writer().waiting >= settings.SPAN_QUEUE_SIZE

    async def take(self, head: Head, body: bytes) -> Reply:
        """Store the spans of *body*; returns after the commit."""
        if self.is_full:
            return BUSY
        self._reading_bytes += len(body)
        loop = asyncio.get_running_loop()
        try:
            rows, received, forward = await loop.run_in_executor(self._decoder, _read, head, body)
        except Refusal as refusal:
            return refusal.told
        finally:
            self._reading_bytes -= len(body)
        counters().add(refused=received.rejected)
        if rows:
            try:
                if refused := await asyncio.wrap_future(get_writer().submit(rows, forward=forward)):
                    received.problems["Postgres cannot hold it"] += refused
            except (QueueFull, StoreUnavailable):
                return BUSY
        return Reply(rejected=received.rejected, message=received.message)


def _read(head: Head, body: bytes) -> tuple[list[SpanRow], Received, list[bytes]]:
    """The storable rows of the body, what is to be said of it, and what is to be forwarded. Raises Refusal."""
    rows, received = rows_of(head, body, keep=head.forward and forwards())
    return rows, received, [pack(facts) for facts in received.spans]


def rows_of(head: Head, body: bytes, *, keep: bool = False) -> tuple[list[SpanRow], Received]:
    """The storable rows of a *body*, and what is to be said of it; its spans are there still with *keep*.

    Raises Refusal.
    """
    try:
        plain = unpacked(body, head.encoding, MAX_UNPACKED_BYTES[head.content_type])
        received = otlp.read(plain, head.content_type)
    except Malformed as error:
        raise Refusal(Reply(400, INVALID_ARGUMENT, message=str(error))) from None
    except TooMuch as error:
        raise Refusal(Reply(413, RESOURCE_EXHAUSTED, message=str(error))) from None
    return build(received, datetime.now(UTC), head.key_name, head.services, keep=keep), received


def unpacked(body: bytes, encoding: str, most: int) -> bytes:
    """*body* before it was compressed, *most* bytes.

    Raises Refusal, Malformed or TooMuch when it is larger, or not what it says.
    """
    if len(body) > MAX_BODY_BYTES:
        raise Refusal(TOO_LARGE)
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "deflate"):
        sentence = f"Compress with gzip or deflate, not {encoding!r}."
        raise Refusal(Reply(415, INVALID_ARGUMENT, message=sentence))
    try:
        return inflated(body, most)
    except zlib.error as error:
        raise Refusal(Reply(400, INVALID_ARGUMENT, message=f"The body is no {encoding}: {error}.")) from None
