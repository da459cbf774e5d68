"""The loopback gateway behind HTTP, on the standard library's threading server."""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tools.catalog.outreach.loopback import LoopbackGateway


class LoopbackServer(ThreadingHTTPServer):
    """Serves *gateway* on 127.0.0.1; port 0 takes a free one. Each answer to a sending takes ``latency_ms``."""

    daemon_threads = True

    def __init__(self, gateway: LoopbackGateway, port: int = 0, latency_ms: float = 0.0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.gateway = gateway
        self.latency_ms = latency_ms

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: LoopbackServer
    protocol_version = "HTTP/1.1"
    # One packet an answer: with Nagle's algorithm the body would wait for the headers' acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._answer(urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

    def _answer(self, form: str) -> None:
        if self.command == "POST":
            time.sleep(self.server.latency_ms / 1000)
        path = urlsplit(self.path).path
        sent = dict(parse_qsl(form, keep_blank_values=True))
        reply = self.server.gateway.answer(self.command, path, sent, self.headers.get("Authorization", ""))
        if reply.document is None:
            self.close_connection = True
            return
        body = json.dumps(reply.document).encode()
        self.send_response(reply.status)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **reply.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a line a request is of no use, and the path holds the account."""
