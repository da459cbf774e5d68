"""A connection to daphne: sizes and deadlines of what is sent over it. Answers have none."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from twisted.web.http import HTTPChannel

from salesboost.server.callers import is_known, known_at_once
from salesboost.server.limits import limit_of, needs_name, refused
from salesboost.server.request import Request

# After a refusal the connection is read on for so long: closed at once, with bytes unread, it would be reset, and
# the sender might never see why.
LINGER_S = 5.0


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds; a body gets one more for each *body_rate* bytes that have come."""

    headers_s: float = 20.0  # from the first byte of a request to the end of its headers
    body_s: float = 30.0
    body_rate: int = 64_000
    idle_s: float = 75.0  # without a request

    def body_ends_s(self, received: int) -> float:
        """How long after the headers a body has to be there of which so many bytes have come."""
        return self.body_s + received / self.body_rate


class Channel(HTTPChannel):
    """Reads requests one after the other. ``factory`` brings ``reactor``, ``deadlines`` and ``server``."""

    requestFactory = Request
    factory: Any
    length: int | None = 0

    def __init__(self) -> None:
        super().__init__()
        self._deadline: Any = None
        self._body_began = 0.0
        self._held: list[bytes] | None = None  # what comes of a body while its sender is looked for
        self._expects = False
        self._last = False  # nothing more is read: the connection ends with this answer
        self._lingering: Any = None

    # --- What comes ------------------------------------------------------------------------------------

    def dataReceived(self, data: bytes) -> None:
        if self._lingering is not None:
            return
        if self._deadline is None and not self._handlingRequest and self._held is None:
            self._within(self.factory.deadlines.headers_s, self._headers_late)
        super().dataReceived(data)

    def rawDataReceived(self, data: bytes) -> None:
        if self._held is not None:
            self._held.append(data)
            return
        super().rawDataReceived(data)
        if not self._handlingRequest and self.requests and self.requests[-1].unread is not None:
            self._answer_unread()

    def allHeadersReceived(self) -> None:
        request = self.requests[-1]
        expected = request.requestHeaders.getRawHeaders(b"Expect") or []
        self._expects = bool(expected) and expected[0].lower() == b"100-continue" and self._version == b"HTTP/1.1"
        request.requestHeaders.removeHeader(b"Expect")  # or it would be answered before anybody has looked
        super().allHeadersReceived()
        self._end_deadline()
        if self.length != 0:
            self._judge(request)

    def allContentReceived(self) -> None:
        self._end_deadline()
        super().allContentReceived()

    def requestDone(self, request: Any) -> None:
        if any(self._dataBuffer):  # the next request has begun
            self._within(self.factory.deadlines.headers_s, self._headers_late)
        super().requestDone(request)

    def loseConnection(self) -> None:
        if not self._last:
            super().loseConnection()
        elif self._lingering is None and self.transport is not None:
            self._end_deadline()
            self.setTimeout(None)
            self._lingering = self.callLater(LINGER_S, self.transport.abortConnection)
            self._networkProducer.resumeProducing()
            self.transport.loseWriteConnection()

    def connectionLost(self, reason: Any) -> None:
        self._end_deadline()
        self._held = None
        if self._lingering is not None and self._lingering.active():
            self._lingering.cancel()
        super().connectionLost(reason)

    # --- Sizes -----------------------------------------------------------------------------------------

    def _judge(self, request: Request) -> None:
        """Read the body of *request*, or refuse it, or find out first who sends it."""
        limit = limit_of(self._path_of(request))
        known: bool | None = False
        if needs_name(limit, self.length):
            known = known_at_once(*_claims(request))
        if known is not None:
            self._admit(request, known)
            return
        self._held = []
        self._networkProducer.pauseProducing()
        asyncio.get_event_loop().create_task(self._look_for_sender(request)).add_done_callback(_raised)

    async def _look_for_sender(self, request: Request) -> None:
        known = await is_known(*_claims(request))
        held, self._held = self._held, None
        if held is None:  # hung up
            return
        self._networkProducer.resumeProducing()
        self._admit(request, known)
        if request.unread is not None:
            self._answer_unread()
            return
        for data in held:
            self.rawDataReceived(data)

    def _admit(self, request: Request, known: bool) -> None:
        limit = limit_of(self._path_of(request))
        unread = refused(limit, self.length, known)
        request.known, request.most = known, limit.known if known else limit.anyone
        if unread is not None:
            request.leave_unread(unread)
            self._last = True
            self.length = 0  # which ends the request here
            return
        if self._expects:
            self._send100Continue()
        self._body_began = self.factory.reactor.seconds()
        self._within(self.factory.deadlines.body_ends_s(0), self._body_late)

    def _answer_unread(self) -> None:
        self._last = True
        self.length = 0
        self.allContentReceived()

    def _path_of(self, request: Request) -> str:
        """As the application will see it."""
        path = unquote(self._path.split(b"?", 1)[0].decode("latin-1"))
        root = (request.requestHeaders.getRawHeaders(b"Daphne-Root-Path") or [b""])[-1]
        return path.removeprefix(unquote(root.decode("latin-1")) or self.factory.server.root_path)

    # --- Deadlines -------------------------------------------------------------------------------------

    def _within(self, seconds: float, late: Any) -> None:
        self._end_deadline()
        self._deadline = self.callLater(seconds, late)

    def _end_deadline(self) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None

    def _headers_late(self) -> None:
        self._too_slow(
            f"The headers did not come within {self.factory.deadlines.headers_s:g} s: send them at once."
        )

    def _body_late(self) -> None:
        deadlines, received = self.factory.deadlines, self.requests[-1].received
        left = deadlines.body_ends_s(received) - (self.factory.reactor.seconds() - self._body_began)
        if left > 0.01:
            self._within(left, self._body_late)
        else:
            rate = f"{deadlines.body_s:g} s and {deadlines.body_rate // 1000} kB a second"
            self._too_slow(f"The body came too slowly: send it within {rate}.")

    def _too_slow(self, sentence: str) -> None:
        if self.transport is not None:
            self.transport.write(plain_answer(b"408 Request Timeout", sentence))
        self._last = True
        self.loseConnection()


def plain_answer(status: bytes, sentence: str, *headers: bytes) -> bytes:
    """A whole answer in plain text, after which the connection is closed."""
    body = f"{sentence}\n".encode()
    lines = (
        b"HTTP/1.1 " + status,
        b"Content-Type: text/plain; charset=utf-8",
        b"Content-Length: %d" % len(body),
        b"Connection: close",
        *headers,
    )
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _claims(request: Request) -> tuple[str, str]:
    """The headers that say who sends *request*: the key's and the cookies."""
    headers = request.requestHeaders
    key = (headers.getRawHeaders(b"Authorization") or [b""])[0]
    return key.decode("latin-1"), b"; ".join(headers.getRawHeaders(b"Cookie") or []).decode("latin-1")


def _raised(task: asyncio.Task[None]) -> None:
    """Let a fault of ours be logged, and not swallowed with the task."""
    if not task.cancelled() and (error := task.exception()) is not None:
        task.get_loop().call_exception_handler({"message": "a request was not read", "exception": error})
