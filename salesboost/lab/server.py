"""The lab behind HTTP, on the standard library's threading server: a connection may be cut or held at any byte."""

import json
import socket
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from salesboost.lab.answering import Answer, Answering, Streamed
from salesboost.lab.faults import Fault

MAX_BODY_BYTES = 64 << 20


class LabServer(ThreadingHTTPServer):
    """Serves *answering* on 127.0.0.1; port 0 takes a free one. ``closing`` frees what a fault holds open."""

    daemon_threads = True

    def __init__(self, answering: Answering, port: int = 0, *, latency: Callable[[], None]) -> None:
        # Before the port is taken: where that fails, server_close is called at once.
        self.closing = Event()
        self.answering = answering
        self.latency = latency
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of mistakes, but not of clients that went."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def server_close(self) -> None:
        self.closing.set()
        super().server_close()


class _Handler(BaseHTTPRequestHandler):
    server: LabServer
    protocol_version = "HTTP/1.1"
    # Each event of a stream as soon as it is written.
    wbufsize = 0
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer(b"")

    do_DELETE = do_GET

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY_BYTES:
            self.close_connection = True
            self._whole(Answer(413, {"error": "The lab takes at most 64 MB."}))
            return
        self._answer(self.rfile.read(length))

    def _answer(self, raw: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        made = self.server.answering.answer(self.command, self.path, headers, raw)
        if not urlsplit(self.path).path.startswith("/lab/"):
            self.server.latency()
        # Whoever asked may have gone meanwhile.
        with suppress(ConnectionError, TimeoutError):
            if made.breaks and (made.breaks.after == -1 or not isinstance(made, Streamed)):
                self._break(made.breaks)
            elif isinstance(made, Streamed):
                self._stream(made)
            else:
                self._whole(made)

    def _whole(self, made: Answer) -> None:
        text = made.body if isinstance(made.body, str) else json.dumps(made.body)
        kind = "application/json" if text[:1] in ("{", "[") else "text/html; charset=utf-8"
        body = text.encode()
        self._head(made.status, {"Content-Type": kind, "Content-Length": str(len(body)), **made.headers})
        self.wfile.write(body)

    def _stream(self, made: Streamed) -> None:
        self._head(200, {"Content-Type": made.kind, "Transfer-Encoding": "chunked", **made.headers})
        left = made.breaks.after if made.breaks else None
        for event in made.events:
            if left == 0:
                break
            self._chunk(event)
            left = None if left is None else left - 1
        if made.breaks is None:
            self.wfile.write(b"0\r\n\r\n")
        elif made.last:
            self._chunk(made.last)
            self.wfile.write(b"0\r\n\r\n")
        else:
            self._break(made.breaks)

    def _head(self, status: int, headers: Mapping[str, Any]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def _break(self, fault: Fault) -> None:
        self.close_connection = True
        if fault.waits:
            self._hold()
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _hold(self) -> None:
        """Say nothing until who asked goes away, or the lab ends."""
        self.connection.settimeout(0.05)
        while not self.server.closing.is_set():
            try:
                if not self.connection.recv(1):
                    return
            except TimeoutError:
                continue
            except OSError:
                return

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: ``lab.requests`` has all of them."""
