"""Starts each part when it is told to (``salesboost/starting/up.py``), restarts what dies, stops all in order."""

import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from salesboost.checks import StartError
from salesboost.children import Child, plain_environment
from salesboost.gates import Gate
from salesboost.logs import KEPT_BYTES, cut
from salesboost.on_demand import OnDemand
from salesboost.programs import ServiceError
from salesboost.services import (
    Postgres,
    Valkey,
    account_options,
    free_port,
    port_is_free,
    wait_until,
)

# Ctrl-C, Ctrl-\\, a terminal that is closed, and what a service manager sends.
STOP_SIGNALS = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM)
# What only the first start and its preparation need to know.
FIRST_RUN = ("SALESBOOST_ADMIN_PASSWORD", "SALESBOOST_API_KEY")
# Each ends everything within 15 s: this long for the servers of requests, for what stores their last spans, for
# the stores.
STOP_APPLICATIONS_S = 7.0
STOP_LAST_S = 3.0
STOP_STORES_S = 5.0
WATCH_INTERVAL_S = 0.2


class Stopped(BaseException):
    """A signal asked us to stop; raised wherever the start happens to be."""


class Supervisor:
    """Owns the children. ``say`` writes one line for the person at the terminal."""

    def __init__(
        self,
        data_dir: Path,
        environment: dict[str, str],
        say: Callable[[str], None],
        log_bytes: int = KEPT_BYTES,
    ) -> None:
        self.logs = data_dir / "logs"
        self.logs.mkdir(exist_ok=True, mode=0o700)
        self.environment = environment
        self.say = say
        self.log_bytes = log_bytes
        self.stores: list[Child] = []
        self.applications: list[Child] = []
        self.last: list[Child] = []
        self.on_demand: list[OnDemand] = []
        self.stopping = False
        # Behind it are tables and files as our applications need them.
        self.prepared = Gate()

    def start_store(self, service: Postgres | Valkey) -> Callable[[], None]:
        """Start an embedded server. What is returned waits until it answers."""
        began = time.monotonic()
        service.prepare()
        child = Child(
            name=service.name,
            command=service.command,
            log=self.logs / f"{service.name}.log",
            environment={**plain_environment(self.environment), "TZ": "UTC"},
            account=account_options(service.account),
            # Postgres: fast shutdown, which does not wait for clients.
            stop_signal=signal.SIGINT if isinstance(service, Postgres) else signal.SIGTERM,
        )
        child.start(began)
        self.stores.append(child)

        def wait() -> None:
            # Another server on its port might answer in its place.
            if not wait_until(service.ready, 30, alive=lambda: child.alive) or not child.alive:
                raise ServiceError(
                    f"{service.name} did not start; its log {child.log} ends with: {last_line(child.log)}"
                )
            self.say(f"  {service.name}: ready after {time.monotonic() - began:.1f} s")

        return wait

    def start_application(
        self, name: str, *arguments: str, environment: Mapping[str, str] | None = None, last: bool = False
    ) -> Child:
        """Start one of our own processes: ``python`` with *arguments*; in our *environment* if none is given.

        It is to load its code and then to wait at the gate (``wait_at_gate``) until all is prepared. It ends with
        the others, or, where it is to be there until the *last* of them has ended, after them.
        """
        given = without_first_run(self.environment) if environment is None else environment
        child = Child(
            name=name,
            command=lambda: [sys.executable, *arguments],
            log=self.logs / f"{name}.log",
            environment={**given, **self.prepared.environment},
            fds=self.prepared.fds,
        )
        child.start(time.monotonic())
        (self.last if last else self.applications).append(child)
        return child

    def start_at_first_use(
        self,
        name: str,
        listens: socket.socket,
        command: Callable[[int], Sequence[str]],
        environment: Mapping[str, str],
    ) -> None:
        """Start a program when somebody connects to *listens*, which it inherits; it may end itself when idle."""
        child = Child(
            name=name,
            command=lambda: command(listens.fileno()),
            log=self.logs / f"{name}.log",
            environment=environment,
            fds=(listens.fileno(),),
        )
        self.on_demand.append(OnDemand(child, listens))

    def watch(self) -> None:
        """Restart what dies and keep the logs small, until a signal asks us to stop."""
        while True:
            for child in (*self.stores, *self.last, *self.applications):
                cut(child.log, self.log_bytes)
                if child.restart_if_dead(time.monotonic()):
                    self.say(f"  {child.name} had ended and is started again; see {child.log}")
            for each in self.on_demand:
                each.start_if_asked(time.monotonic())
                cut(each.child.log, self.log_bytes)
            time.sleep(WATCH_INTERVAL_S)

    def stop(self) -> None:
        """Applications first, so that their last spans find who stores them; then these, and then the stores."""
        self.stopping = True
        for children, patience_s in (
            ([*self.applications, *(each.child for each in self.on_demand)], STOP_APPLICATIONS_S),
            (self.last, STOP_LAST_S),
            (self.stores, STOP_STORES_S),
        ):
            deadline = time.monotonic() + patience_s
            for child in children:
                child.ask_to_stop()
            for child in children:
                child.wait_stopped(deadline)

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Turn the first of STOP_SIGNALS into Stopped; later ones change nothing."""

        def stop(number: int, frame: FrameType | None) -> None:
            if not self.stopping:
                self.stopping = True
                raise Stopped

        # Under nohup, SIGHUP is ignored from the start, and stays so.
        heard = [number for number in STOP_SIGNALS if not (number == signal.SIGHUP and _is_ignored(number))]
        before: dict[int, Any] = {number: signal.signal(number, stop) for number in heard}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def without_first_run(environment: Mapping[str, str]) -> dict[str, str]:
    """*environment* for the servers and workers: they know people by the database, not by its first password."""
    return {name: value for name, value in environment.items() if name not in FIRST_RUN}


def _is_ignored(number: signal.Signals) -> bool:
    return signal.getsignal(number) is signal.SIG_IGN


def embedded_valkey(data_dir: Path, stored_port: int, password: str) -> Valkey:
    """The Valkey of *data_dir*, at the port it had before if that is still free."""
    port = stored_port if stored_port and port_is_free(stored_port) else free_port()
    return Valkey(data_dir, port, password or secrets.token_urlsafe(18))


def last_line(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1] if lines else ""


def wait_for_child(child: Child, ready: Callable[[], bool], timeout_s: float) -> None:
    """Raises StartError, with the end of the child's log, where it dies or never gets ready."""
    if not wait_until(ready, timeout_s, alive=lambda: child.alive):
        raise StartError(f"{child.name} did not start; its log {child.log} ends with: {last_line(child.log)}")
