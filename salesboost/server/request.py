"""One request to daphne, whose body is counted as it comes."""

from io import BytesIO
from typing import Any

from daphne.http_protocol import WebRequest

from salesboost.server.limits import Unread


class Request(WebRequest):
    """Of a body that is too large nothing is kept; the application is told, by ``unread``, and answers."""

    received = 0  # bytes of the body
    most = 0  # bytes that it may have
    known = False
    content: Any = None
    unread: Unread | None = None

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
