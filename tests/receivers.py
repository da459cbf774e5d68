"""Real receivers of alerts: an HTTP server that can be told how to answer, an SMTP server's inbox, bad ones."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Posted:
    """One request that reached the receiver."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Answers *status*, or what *decide* says, with *headers* and *answer* to a POST, and keeps what it got."""

    port: int = 0
    status: int = 204
    answer: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    decide: Callable[[Posted], int] | None = None  # the status by request, instead
    got: list[Posted] = field(default_factory=list)
    server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def start(self) -> None:
        """Listen; on the same port as before when started again."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                posted = Posted(self.path, headers, body)
                receiver.got.append(posted)
                self.send_response(receiver.decide(posted) if receiver.decide else receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(receiver.answer)))
                self.end_headers()
                self.wfile.write(receiver.answer)

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_port
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None


class Inbox:
    """Keeps the mails that it takes; *refusal* is what it answers to every address instead."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refusal = ""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.mails.append(message_from_bytes(envelope.original_content or b"", policy=default))
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self.refusal:
            envelope.rcpt_tos.append(address)
        return self.refusal or "250 OK"


class BadServer:
    """Takes connections and does to each what *behave* does, given the connection and what says when to end."""

    def __init__(self, behave: Callable[[socket.socket, Event], None]) -> None:
        self.behave, self.over = behave, Event()
        self.connections = 0
        self.left = Event()  # the other side closed one
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listening.getsockname()[1]
        self.threads = [Thread(target=self.accept, daemon=True)]
        self.threads[0].start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return  # stopped
            self.connections += 1
            thread = Thread(target=self.serve, args=(connection,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                self.behave(connection, self.over)
                while connection.recv(65536):
                    pass  # until the other side has had enough
            except OSError:
                pass
            self.left.set()

    def stop(self) -> None:
        self.over.set()
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()


def again_and_again(first: bytes, rest: bytes, pause_s: float = 0.02) -> Callable[[socket.socket, Event], None]:
    """Behaviour: *first*, then *rest* for as long as the other side listens, *pause_s* between."""

    def behave(connection: socket.socket, over: Event) -> None:
        connection.sendall(first)
        while not over.wait(pause_s):
            connection.sendall(rest)

    return behave


def once(text: bytes) -> Callable[[socket.socket, Event], None]:
    """Behaviour: *text*, and then no word more."""
    return lambda connection, over: connection.sendall(text)


# A status line that never ends, byte by byte.
DRIPPING = again_and_again(b"HTTP/1.1 2", b"0")
ENDLESS_HEADER = again_and_again(b"HTTP/1.1 200 OK\r\n", b"x-a: b\r\n")
ENDLESS_INTERIM = again_and_again(b"", b"HTTP/1.1 102 Processing\r\n\r\n")
ENDLESS_GREETING = again_and_again(b"220-mail.example.com\r\n", b"220-welcome\r\n")
# The status is there at once; its text is far too long, or never comes.
HUGE_BODY = again_and_again(b"HTTP/1.1 200 OK\r\ncontent-length: 999999999999\r\n\r\n", b"x" * 65536, 0.0)
NO_BODY = once(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n")
# A TLS record that is announced and never sent.
ENDLESS_TLS = again_and_again(b"\x16\x03\x03\x3f\xff", b"\x02")
SILENT = once(b"")
