"""One request to daphne: its body is counted as it comes, its answer goes as fast as the client reads it."""

import asyncio
from io import BytesIO
from typing import Any

from daphne.http_protocol import WebRequest

from salesboost.server.limits import Unread


class Flow:
    """A producer in Twisted's sense: told to pause while 64 kB wait for the network, and to resume after that."""

    def __init__(self) -> None:
        self._on = asyncio.Event()
        self.resumeProducing()

    async def wait(self) -> None:
        """Until there is room for more, or nobody is left to send to."""
        await self._on.wait()

    def pauseProducing(self) -> None:
        self._on.clear()

    def resumeProducing(self) -> None:
        self._on.set()

    stopProducing = resumeProducing


class Request(WebRequest):
    """Of a body that is too large nothing is kept; the application is told, by ``unread``, and answers.

    ``flow`` is there once an answer comes in pieces.
    """

    received = 0  # bytes of the body
    most = 0  # bytes that it may have
    known = False
    content: Any = None
    unread: Unread | None = None
    flow: Flow | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Twisted would read forms into memory, on the event loop, for nobody: Django reads them itself.
        super().__init__(*args, **kwargs, parsePOSTFormSubmission=False)

    def handleContentChunk(self, data: bytes) -> None:
        self.received += len(data)
        if self.unread is None and self.received > self.most:
            self.leave_unread(Unread(self.most, self.known))
        if self.unread is None:
            super().handleContentChunk(data)

    def leave_unread(self, unread: Unread) -> None:
        """Let go of what has come of the body; the connection ends with the answer."""
        self.unread = unread
        self.channel.persistent = False
        self.responseHeaders.setRawHeaders(b"Connection", [b"close"])
        self.requestHeaders.removeHeader(b"Upgrade")  # what follows a handshake is not its body
        if self.content is not None:
            self.content.close()
        self.content = BytesIO()

    def handle_reply(self, message: dict[str, Any]) -> None:
        if self.flow is None and message.get("more_body") and self.channel is not None:
            self.flow = Flow()
            self.registerProducer(self.flow, True)
        super().handle_reply(message)

    def finish(self) -> None:
        if self.flow is not None:
            self.unregisterProducer()
        super().finish()

    def connectionLost(self, reason: Any) -> None:
        if self.flow is not None:
            self.flow.stopProducing()
        super().connectionLost(reason)
