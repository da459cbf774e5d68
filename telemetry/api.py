"""``POST /v1/traces``: OTLP over HTTP, answered when the spans are in the store."""

import asyncio
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from google.rpc.code_pb2 import (
    INVALID_ARGUMENT,
    PERMISSION_DENIED,
    RESOURCE_EXHAUSTED,
    UNAUTHENTICATED,
    UNAVAILABLE,
    UNIMPLEMENTED,
)

from telemetry import otlp
from telemetry.counters import counters
from telemetry.facts import pack
from telemetry.forward.forwarder import forwards
from telemetry.forward.post import FORWARDED
from telemetry.ingest.build import build
from telemetry.ingest.inflating import inflated
from telemetry.ingest.received import Malformed, Received, TooMuch
from telemetry.rows import SpanRow
from telemetry.writer import QueueFull, StoreUnavailable, get_writer

SCOPE = "ingest"
MAX_BODY_BYTES = 20 << 20  # as OTLP's specification recommends
MAX_UNPACKED_BYTES = {otlp.PROTOBUF: 64 << 20, otlp.JSON: 32 << 20}
# Bodies that are being read at a time: more would only fill the memory.
MAX_READING = 8
RETRY_AFTER_S = 1

_reading = 0
# One thread: two that compute at a time only take turns, and the first to be read can be stored meanwhile.
_decoder = ThreadPoolExecutor(1, thread_name_prefix="otlp")


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose key sends spans, and of which services it may; none named: of any."""

    key_name: str = ""
    services: frozenset[str] = frozenset()


NOBODY = Sender()


class Refusal(Exception):
    """An answer other than success."""

    def __init__(self, status: int, code: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers


@csrf_exempt
async def traces(request: HttpRequest) -> HttpResponse:
    """Store the spans of an OTLP trace request. The caller's API key needs the scope ``ingest``."""
    content_type = (request.content_type or "").lower()
    try:
        rejected, message = await _store(request, content_type, _check(request, content_type))
    except Refusal as refusal:
        body = otlp.failure(content_type, refusal.code, refusal.message)
        return _response(content_type, body, refusal.status, refusal.headers)
    return _response(content_type, otlp.answer(content_type, rejected, message))


def _check(request: HttpRequest, content_type: str) -> Sender:
    """Who sends, by the caller's key. Raises Refusal."""
    key = getattr(request, "api_key", None)
    if key is None:
        challenge = {"WWW-Authenticate": "Bearer"}
        raise Refusal(401, UNAUTHENTICATED, "Send an API key: 'Authorization: Bearer <key>'.", challenge)
    if SCOPE not in getattr(key, "scopes", ()):
        raise Refusal(403, PERMISSION_DENIED, f"This API key may not send spans: give it the scope {SCOPE!r}.")
    if request.method != "POST":
        raise Refusal(405, UNIMPLEMENTED, "Send spans by POST.", {"Allow": "POST"})
    if content_type not in (otlp.PROTOBUF, otlp.JSON):
        raise Refusal(415, INVALID_ARGUMENT, f"Send {otlp.PROTOBUF} or {otlp.JSON}, not {content_type!r}.")
    return Sender(str(getattr(key, "name", "")), frozenset(getattr(key, "services", ())))


async def _store(request: HttpRequest, content_type: str, sender: Sender) -> tuple[int, str]:
    """Read and store the body; returns how many spans were refused, and why or what was left out of others."""
    global _reading  # noqa: PLW0603  (counted on the event loop alone)
    if getattr(request, "unread_limit", None) is not None:  # the server has not read it
        raise _too_large()
    if _reading >= MAX_READING or get_writer().waiting >= settings.SPAN_QUEUE_SIZE:
        raise _busy()
    _reading += 1
    try:
        rows, received, forward = await asyncio.get_running_loop().run_in_executor(
            _decoder, _read, request, content_type, sender
        )
    finally:
        _reading -= 1
    counters().add(refused=received.rejected)
    if rows:
        try:
            if refused := await asyncio.wrap_future(get_writer().submit(rows, forward=forward)):
                received.problems["Postgres cannot hold it"] += refused
        except (QueueFull, StoreUnavailable):
            raise _busy() from None
    return received.rejected, received.message


def _read(request: HttpRequest, content_type: str, sender: Sender) -> tuple[list[SpanRow], Received, list[bytes]]:
    """The storable rows of the body, what is to be said of it, and what is to be forwarded. Raises Refusal."""
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    # What another SalesBoost forwarded to us goes no further: it might come back.
    forward = forwards() and FORWARDED not in request.headers
    rows, received = rows_of(request.read(MAX_BODY_BYTES + 1), encoding, content_type, sender, keep=forward)
    return rows, received, [pack(facts) for facts in received.spans]


def rows_of(
    body: bytes, encoding: str, content_type: str, sender: Sender = NOBODY, *, keep: bool = False
) -> tuple[list[SpanRow], Received]:
    """The storable rows of a *body*, and what is to be said of it; its spans are there still with *keep*.

    Raises Refusal.
    """
    try:
        received = otlp.read(unpacked(body, encoding, MAX_UNPACKED_BYTES[content_type]), content_type)
    except Malformed as error:
        raise Refusal(400, INVALID_ARGUMENT, str(error)) from None
    except TooMuch as error:
        raise Refusal(413, RESOURCE_EXHAUSTED, str(error)) from None
    return build(received, datetime.now(UTC), sender.key_name, sender.services, keep=keep), received


def unpacked(body: bytes, encoding: str, most: int) -> bytes:
    """*body* before it was compressed, *most* bytes.

    Raises Refusal, Malformed or TooMuch when it is larger, or not what it says.
    """
    if len(body) > MAX_BODY_BYTES:
        raise _too_large()
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "deflate"):
        raise Refusal(415, INVALID_ARGUMENT, f"Compress with gzip or deflate, not {encoding!r}.")
    try:
        return inflated(body, most)
    except zlib.error as error:
        raise Refusal(400, INVALID_ARGUMENT, f"The body is no {encoding}: {error}.") from None


def _too_large() -> Refusal:
    return Refusal(413, RESOURCE_EXHAUSTED, f"Send at most {MAX_BODY_BYTES >> 20} MiB at a time.")


def _busy() -> Refusal:
    later = {"Retry-After": str(RETRY_AFTER_S)}
    return Refusal(503, UNAVAILABLE, "The store cannot take spans now: send them again.", later)


def _response(
    content_type: str, body: bytes, status: int = 200, headers: dict[str, str] | None = None
) -> HttpResponse:
    kind = content_type if content_type == otlp.JSON else otlp.PROTOBUF
    return HttpResponse(body, status=status, content_type=kind, headers=headers)
