"""The processes that `manage.py up` owns: how each is started, watched and stopped."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# All that a program out of a wheel needs of our environment; what else there is may be a secret.
PLAIN = ("PATH", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH")


@dataclass
class Child:
    """A process that has to run for as long as we do. ``stop_signal`` asks it to end in good order."""

    name: str
    command: Callable[[], Sequence[str]]
    log: Path
    environment: Mapping[str, str]
    account: Mapping[str, Any] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    fds: Sequence[int] = ()  # what it inherits of our open files
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    next_start_at: float = 0.0
    quick_deaths: int = 0

    def start(self, now: float) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [*die_with_parent(), *self.command()],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(self.environment),
                # A session of its own: the terminal's Ctrl-C reaches us alone, and we stop all in order.
                start_new_session=True,
                pass_fds=self.fds,
                **self.account,
            )
        self.started_at = now

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def restart_if_dead(self, now: float) -> bool:
        """Start it again if it has died; True if it was. At once the first time, slower if it keeps dying."""
        if self.process is None or self.alive:
            return False
        if not self.next_start_at:
            self.quick_deaths = self.quick_deaths + 1 if now - self.started_at < 10 else 0
            self.next_start_at = now + restart_delay_s(self.quick_deaths)
            self.sweep()
        if now < self.next_start_at:
            return False
        self.next_start_at = 0.0
        self.start(now)
        return True

    def ask_to_stop(self) -> None:
        if self.alive and self.process is not None:
            self.process.send_signal(self.stop_signal)

    def wait_stopped(self, deadline: float) -> None:
        """Wait until *deadline* (monotonic), then end it and all that it started by force."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.1, deadline - time.monotonic()))
        self.sweep()

    def sweep(self) -> None:
        """End what is left of the child's process group: a killed worker leaves its pool behind."""
        if self.process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def plain_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What every program may know of *environment*: where programs lie, language, time zone."""
    return {name: value for name, value in environment.items() if name in PLAIN or name.startswith("LC_")}


def restart_delay_s(quick_deaths: int) -> float:
    """0 s, then 0.5, 1, 2 and at most 4 s between starts of a child that keeps dying young."""
    return 0.0 if quick_deaths == 0 else min(4.0, 0.25 * 2**quick_deaths)


def die_with_parent() -> list[str]:
    """A prefix that has the kernel end the child with its parent, so that even `kill -9` leaves no process.

    SIGTERM, because a shell has its background jobs ignore SIGINT, and children inherit that.
    ``setpriv`` belongs to util-linux; where it is missing (macOS), a `kill -9` of ours leaves the children.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM"] if setpriv else []
