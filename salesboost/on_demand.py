"""A program that `up` starts when somebody asks it something, and that may end itself when nobody does."""

import select
import socket
import subprocess
from dataclasses import dataclass

from salesboost.children import Child


@dataclass
class OnDemand:
    """*child* answers at *listens*, where who asks waits for it: `up` holds the socket open, whoever dies."""

    child: Child
    listens: socket.socket
    failed: subprocess.Popen[bytes] | None = None

    def start_if_asked(self, now: float) -> None:
        """Start it if somebody waits and it is not there.

        Where it failed, those who wait are sent away first: it would fail for them again and again.
        """
        if self.child.alive or not self.is_asked:
            return
        process = self.child.process
        if process is None:
            self.child.start(now)
        elif process.returncode > 0 and process is not self.failed:
            self.failed = process
            self.send_away()
        else:
            self.child.restart_if_dead(now)

    def send_away(self) -> None:
        while self.is_asked:
            asking, _ = self.listens.accept()
            asking.close()

    @property
    def is_asked(self) -> bool:
        """Whether a connection waits that nobody has taken."""
        readable, _, _ = select.select([self.listens], [], [], 0)
        return bool(readable)
