"""Starts all that there is, each part as soon as what it needs is there, and watches it until a signal comes."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from salesboost import checks
from salesboost.children import Child, die_with_parent
from salesboost.env import read_credentials
from salesboost.gates import Gate
from salesboost.programs import ServiceError
from salesboost.services import Postgres, Valkey, free_port, port_is_free
from salesboost.starting import demonstration
from salesboost.starting.plan import Plan
from salesboost.starting.stores import Stores
from salesboost.supervisor import Stopped, Supervisor, wait_for_child
from tools.catalog.outreach.loopback_account import LOOPBACK_ACCOUNT, LOOPBACK_NOTE
from tools.llm.litellm_process import starting as models

BASE_DIR = Path(__file__).parents[2]
MANAGE = str(BASE_DIR / "manage.py")
# Slow and, now and then, unwilling: what retries are for.
UNSTEADY = ("--latency-ms", "60", "--failure-rate", "0.15")
WORKER_OPTIONS = ("--loglevel", "WARNING", "--without-gossip", "--without-mingle")


class Up:
    """Starts all that *plan* wants, each part as soon as what it needs is there, and stays with it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        # Behind it are stores that answer.
        self.stored = Gate()
        # The provider lab's address; '' where none is started.
        self.lab = ""

    def main(self) -> None:
        """Run until a signal asks for the end. Leaves with a sentence where something stands in the way."""
        os.umask(0o022)
        try:
            checks.check_data_dir(self.plan.data_dir)
            with checks.take_lock(self.plan.data_dir):
                checks.check_port(self.plan.host, self.plan.port)
                self.supervise()
        except (checks.StartError, ServiceError) as error:
            sys.exit(in_red(str(error)) if sys.stderr.isatty() else str(error))

    def supervise(self) -> None:
        supervisor = Supervisor(self.plan.data_dir, dict(os.environ), self.say)
        with supervisor.signals():
            try:
                self.run(supervisor)
            except Stopped:
                self.say("Stopping …")
            finally:
                supervisor.stop()
        self.say("Stopped; nothing is left running.")

    def run(self, supervisor: Supervisor) -> None:
        began = time.monotonic()
        self.say("Starting SalesBoost …")
        self.stores = Stores.choose(self.plan)
        supervisor.environment |= self.stores.environment
        # At once, while the port that was free still is; to make Postgres's files may take a while.
        answers = [supervisor.start_store(store) for store in self.stores.own if isinstance(store, Valkey)]
        gateway_answers = self.start_gateway(supervisor) if self.plan.gateway else None
        lab_answers = self.start_lab(supervisor) if self.plan.demo else None
        offer_models(supervisor, self.plan.data_dir)
        with self.preparing(supervisor) as prepared:
            server = self.start_server(supervisor)
            # It stores what all others record, and ends after them.
            supervisor.start_application("recorder", MANAGE, "record", last=True)
            answers += [supervisor.start_store(store) for store in self.stores.own if isinstance(store, Postgres)]
            for wait in answers:
                wait()
            self.stored.open()
            prepared()
        supervisor.prepared.open()
        self.start_applications(supervisor)
        self.wait_for_server(server)
        if gateway_answers:
            gateway_answers()
        if lab_answers:
            lab_answers()
            self.start_traffic(supervisor)
        self.say(f"\nSalesBoost is at {self.plan.url}/ (ready after {time.monotonic() - began:.1f} s).")
        self.say(where_to_log_in(read_credentials(self.plan.data_dir), self.stores.credentials_path))
        if self.plan.gateway:
            self.say(f"sms_outreach: {LOOPBACK_NOTE} To send messages, set SMS_GATEWAY_URL.")
        self.say("Ctrl-C stops everything.")
        supervisor.watch()

    def start_gateway(self, supervisor: Supervisor) -> Callable[[], None]:
        """One from which no message leaves the machine. What is returned waits until it answers."""
        port = free_port()
        supervisor.environment |= {
            "SMS_GATEWAY_URL": f"http://127.0.0.1:{port}",
            "SMS_GATEWAY_ACCOUNT": LOOPBACK_ACCOUNT,
            "SMS_GATEWAY_TOKEN": secrets.token_urlsafe(),
        }
        own = demonstration.environment(supervisor.environment)
        options = UNSTEADY if self.plan.demo else ()
        module = "tools.catalog.outreach.sms_gateway"
        gateway = supervisor.start_application(
            "sms-gateway", "-m", module, "--port", str(port), *options, environment=own
        )
        return partial(wait_for_child, gateway, lambda: listens(port), 60)

    def start_lab(self, supervisor: Supervisor) -> Callable[[], None]:
        """Model providers that nobody has to pay. What is returned waits until they answer."""
        port = demonstration.LAB_PORT if port_is_free(demonstration.LAB_PORT) else free_port()
        self.lab = f"http://127.0.0.1:{port}"
        own = demonstration.environment(supervisor.environment)
        lab = supervisor.start_application("lab", *demonstration.lab_command(port), environment=own)
        return partial(wait_for_child, lab, lambda: listens(port), 60)

    @contextmanager
    def preparing(self, supervisor: Supervisor) -> Iterator[Callable[[], None]]:
        """Have tables, static files, accounts and first data made once the stores answer.

        In a process of its own, which writes its progress. What is given waits for its end.
        """
        arguments = [
            *die_with_parent(),
            sys.executable,
            MANAGE,
            "prepare",
            *(["--lab", self.lab] if self.lab else []),
        ]
        environment = {
            **supervisor.environment,
            **self.stored.environment,
            "SALESBOOST_SECRET_KEY_FALLBACKS": self.stores.former_keys,
        }
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            env=environment,
            cwd=BASE_DIR,
            pass_fds=self.stored.fds,
            start_new_session=True,
        )

        def wait() -> None:
            if process.wait():
                raise checks.StartError("The database could not be prepared; the lines above say why.")

        try:
            yield wait
        finally:
            process.terminate()
            process.wait()

    def start_server(self, supervisor: Supervisor) -> Child:
        return supervisor.start_application(
            "daphne",
            *("-m", "salesboost.server", "-v", "0", "-b", self.plan.host, "-p", str(self.plan.port)),
            "salesboost.asgi:application",
        )

    def start_applications(self, supervisor: Supervisor) -> None:
        schedule = str(self.plan.data_dir / "celerybeat-schedule")
        supervisor.start_application(
            "worker",
            *("-m", "salesboost.worker", "--beat", "--schedule", schedule),
            *WORKER_OPTIONS,
        )
        # Batch jobs have a worker of their own: however many wait, alerts and the heartbeat do not wait with them.
        # It takes a message only when it has a free place, in the order of its queues: the most urgent first,
        # exports last.
        supervisor.start_application(
            "job-worker",
            *("-m", "salesboost.worker", "--hostname", "jobs@%h"),
            *(
                "--queues",
                "jobs.high,jobs.normal,jobs.low,exports",
                "--prefetch-multiplier",
                "1",
                "--disable-prefetch",
                "--concurrency",
                "2",
            ),
            *WORKER_OPTIONS,
        )

    def wait_for_server(self, server: Child) -> None:
        began = time.monotonic()
        wait_for_child(server, self.answers, 60)
        self.say(f"  server: ready after {time.monotonic() - began:.1f} s")

    def answers(self) -> bool:
        """Whether the server says that it is there."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.plan.host, self.plan.host)
        named = f"[{host}]" if ":" in host else host
        asked = f"GET /healthz HTTP/1.1\r\nHost: {named}:{self.plan.port}\r\nConnection: close\r\n\r\n"
        with suppress(OSError), socket.create_connection((host, self.plan.port), timeout=2) as connection:
            connection.sendall(asked.encode())
            return connection.recv(12).startswith(b"HTTP/1.1 200")
        return False

    def start_traffic(self, supervisor: Supervisor) -> None:
        arguments = (MANAGE, "demo_traffic", "--rate", str(self.plan.rate), "--seed", "7", "--lab", self.lab)
        own = demonstration.environment(supervisor.environment)
        supervisor.start_application("traffic", *arguments, environment=own)

    def say(self, line: str) -> None:
        with suppress(OSError):  # the terminal may be gone; all that runs has to be stopped in order all the same
            print(line, flush=True)


def offer_models(supervisor: Supervisor, data_dir: Path) -> None:
    """Have models of every other vendor asked by a process that is started at the first use."""
    folder = data_dir / "models"
    listens = models.listener(folder)
    supervisor.environment[models.ADDRESS] = str(folder / models.SOCKET)
    supervisor.start_at_first_use("models", listens, models.command, models.environment(os.environ))


def listens(port: int) -> bool:
    """Whether somebody takes connections on that loopback port."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def where_to_log_in(stored: Mapping[str, str], path: Path) -> str:
    """The sentence that says where name, password and key are, as far as the file has them."""
    has = {"admin_password": "its password", "api_key": "an API key"}
    there = [what for name, what in has.items() if stored.get(name)]
    if not there:
        return f"User {stored['admin_user']}; its password and the first API key were changed by hand."
    return f"User {stored['admin_user']}; {' and '.join(there)} {'are' if len(there) > 1 else 'is'} in {path}"


def in_red(line: str) -> str:
    return f"\x1b[31;1m{line}\x1b[0m"
