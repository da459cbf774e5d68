"""A TCP relay before a server that can go silent: it takes what is sent, passes nothing on, and tells nobody."""

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field


@dataclass
class Relay:
    """Forwards connections to 127.0.0.1:*port* until it is told to be silent."""

    port: int
    own_port: int = 0
    silent: threading.Event = field(default_factory=threading.Event)
    _sockets: list[socket.socket] = field(default_factory=list)

    def __enter__(self) -> "Relay":
        listener = socket.create_server(("127.0.0.1", 0))
        self.own_port = listener.getsockname()[1]
        self._sockets.append(listener)
        threading.Thread(target=self._accept, args=[listener], daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.own_port}"

    def go_silent(self) -> None:
        """Nothing comes through, whoever connects; all connections stay open."""
        self.silent.set()

    def heal(self) -> None:
        """Who connects from now on is forwarded; those that fell silent stay so."""
        self.silent = threading.Event()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", self.port))
                self._sockets += [near, far]
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=self._pass_on, args=[*pair, self.silent], daemon=True).start()

    @staticmethod
    def _pass_on(source: socket.socket, target: socket.socket, silent: threading.Event) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if not silent.is_set():
                    target.sendall(data)
            if not silent.is_set():
                target.shutdown(socket.SHUT_WR)
