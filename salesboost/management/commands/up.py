"""`manage.py up`: everything in one command, supervised until Ctrl-C."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from salesboost import checks, credentials
from salesboost.children import plain_environment
from salesboost.env import read_credentials
from salesboost.services import Postgres, ServiceError, free_port
from salesboost.supervisor import Stopped, Supervisor, embedded_valkey, wait_for_child
from tools.catalog.outreach.loopback import LOOPBACK_ACCOUNT, LOOPBACK_NOTE

MANAGE = str(settings.BASE_DIR / "manage.py")
# Slow and, now and then, unwilling: what retries are for.
UNSTEADY = ("--latency-ms", "60", "--failure-rate", "0.15")
WORKER_OPTIONS = ("--loglevel", "WARNING", "--without-gossip", "--without-mingle")


class Command(BaseCommand):
    help = (
        "Start SalesBoost: Postgres and Valkey where none are given, the server, the worker; --demo adds traffic."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="add demonstration traffic and an SMS gateway")
        parser.add_argument("--rate", type=float, default=20.0, help="calls a second of the demonstration")

    def handle(self, *args: Any, demo: bool, rate: float, **options: Any) -> None:
        os.umask(0o022)
        try:
            checks.check_data_dir(settings.DATA_DIR)
            with checks.take_lock(settings.DATA_DIR):
                checks.check_port(settings.HOST, settings.PORT)
                self.supervise(demo, rate)
        except (checks.StartError, ServiceError) as error:
            self.stderr.write(self.style.ERROR(str(error)))
            sys.exit(1)

    def supervise(self, demo: bool, rate: float) -> None:
        supervisor = Supervisor(settings.DATA_DIR, dict(os.environ), self.say)
        with supervisor.signals():
            try:
                self.run(supervisor, demo, rate)
            except Stopped:
                self.say("Stopping …")
            finally:
                supervisor.stop()
        self.say("Stopped; nothing is left running.")

    def run(self, supervisor: Supervisor, demo: bool, rate: float) -> None:
        began = time.monotonic()
        self.say("Starting SalesBoost …")
        stored = self.start_stores(supervisor)
        own_gateway = demo or not settings.SMS_GATEWAY_URL
        gateway_answers = self.start_gateway(supervisor, UNSTEADY if demo else ()) if own_gateway else None
        self.prepare(supervisor, demo)
        self.start_applications(supervisor)
        if gateway_answers:
            gateway_answers()
        if demo:
            own = demo_environment(supervisor.environment)
            supervisor.start_application(
                "traffic", MANAGE, "demo_traffic", "--rate", str(rate), "--seed", "7", environment=own
            )
        self.say(f"\nSalesBoost is at {stored['url']} (ready after {time.monotonic() - began:.0f} s).")
        self.say(where_to_log_in(read_credentials(settings.DATA_DIR), self.credentials_path))
        if own_gateway:
            self.say(f"sms_outreach: {LOOPBACK_NOTE} To send messages, set SMS_GATEWAY_URL.")
        self.say("Ctrl-C stops everything.")
        supervisor.watch()

    def start_stores(self, supervisor: Supervisor) -> dict[str, str]:
        """Postgres and Valkey, given or embedded; writes the credentials and sets the children's environment."""
        data_dir = settings.DATA_DIR
        given = {
            "database_url": os.environ.get("DATABASE_URL", "").strip(),
            "redis_url": os.environ.get("REDIS_URL", "").strip(),
            "admin_password": settings.ADMIN_PASSWORD,
            "api_key": settings.PRESET_API_KEY,
            "secret_key": os.environ.get("SALESBOOST_SECRET_KEY", ""),
            "url": f"{settings.PUBLIC_URL}/",
        }
        stored = credentials.complete(data_dir, given)
        # The start that brings another key still opens what the one before sealed, and seals it anew.
        former = credentials.former_keys(data_dir, stored["secret_key"])
        self.former_keys = ",".join([*settings.SECRET_KEY_FALLBACKS, *former])
        if given["database_url"]:
            checks.check_database(given["database_url"])
        else:
            postgres = Postgres(data_dir)
            supervisor.start_store(postgres)
            stored["database_url"] = postgres.url
        if given["redis_url"]:
            checks.check_valkey(given["redis_url"])
        else:
            valkey = embedded_valkey(data_dir, *credentials.valkey_place(stored.get("redis_url", "")))
            supervisor.start_store(valkey)
            stored["redis_url"] = valkey.url
        self.credentials_path = credentials.write(data_dir, stored)
        supervisor.environment |= {
            "DATABASE_URL": stored["database_url"],
            "REDIS_URL": stored["redis_url"],
            "SALESBOOST_SECRET_KEY": stored["secret_key"],
            "DATA_DIR": str(data_dir),
            "PYTHONUNBUFFERED": "1",
        }
        return stored

    def start_gateway(self, supervisor: Supervisor, options: Sequence[str]) -> Callable[[], None]:
        """One from which no message leaves the machine. What is returned waits until it answers."""
        port = free_port()
        supervisor.environment |= {
            "SMS_GATEWAY_URL": f"http://127.0.0.1:{port}",
            "SMS_GATEWAY_ACCOUNT": LOOPBACK_ACCOUNT,
            "SMS_GATEWAY_TOKEN": secrets.token_urlsafe(),
        }
        own = demo_environment(supervisor.environment)
        arguments = (MANAGE, "sms_gateway", "--port", str(port), *options)
        gateway = supervisor.start_application("sms-gateway", *arguments, environment=own)
        return partial(wait_for_child, gateway, lambda: listens(port), 60)

    def prepare(self, supervisor: Supervisor, demo: bool) -> None:
        """Tables, static files, accounts and first data, in a process of its own that writes its progress."""
        arguments = [sys.executable, MANAGE, "prepare", *(["--demo"] if demo else [])]
        environment = {**supervisor.environment, "SALESBOOST_SECRET_KEY_FALLBACKS": self.former_keys}
        done = subprocess.run(arguments, env=environment, check=False, cwd=settings.BASE_DIR)
        if done.returncode:
            raise checks.StartError("The database could not be prepared; the lines above say why.")

    def start_applications(self, supervisor: Supervisor) -> None:
        server = supervisor.start_application(
            "daphne",
            *("-m", "salesboost.server", "-v", "0", "-b", settings.HOST, "-p", str(settings.PORT)),
            "salesboost.asgi:application",
        )
        # It stores what all others record, and ends after them.
        supervisor.start_application("recorder", MANAGE, "record", last=True)
        schedule = str(settings.DATA_DIR / "celerybeat-schedule")
        supervisor.start_application(
            "worker",
            *("-m", "celery", "--quiet", "-A", "salesboost", "worker", "--beat", "--schedule", schedule),
            # Two senders of messages may have a place for a while, and evaluation needs one all the same.
            *("--concurrency", "3"),
            *WORKER_OPTIONS,
        )
        # Batch jobs have a worker of their own: however many wait, alerts and the heartbeat do not wait with them.
        # It takes a message only when it has a free place, in the order of its queues: the most urgent first,
        # exports last.
        supervisor.start_application(
            "job-worker",
            *("-m", "celery", "--quiet", "-A", "salesboost", "worker", "--hostname", "jobs@%h"),
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
        began = time.monotonic()
        wait_for_child(server, self.answers, 60)
        self.say(f"  server: ready after {time.monotonic() - began:.1f} s")

    def answers(self) -> bool:
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.HOST, settings.HOST)
        try:
            return httpx.get(f"http://{host}:{settings.PORT}/healthz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def say(self, line: str) -> None:
        with suppress(OSError):  # the terminal may be gone; all that runs has to be stopped in order all the same
            self.stdout.write(line)
            self.stdout.flush()


def listens(port: int) -> bool:
    """Whether somebody takes connections on that loopback port."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def demo_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What the demonstration's caller and its gateway need of *environment*: no database, no secret of ours."""
    return plain_environment(environment) | {
        name: environment[name]
        for name in ("DATA_DIR", "HOST", "PORT", "PYTHONUNBUFFERED", "SMS_GATEWAY_ACCOUNT", "SMS_GATEWAY_TOKEN")
        if name in environment
    }


def where_to_log_in(stored: Mapping[str, str], path: Path) -> str:
    """The sentence that says where name, password and key are, as far as the file has them."""
    has = {"admin_password": "its password", "api_key": "an API key"}
    there = [what for name, what in has.items() if stored.get(name)]
    if not there:
        return f"User {stored['admin_user']}; its password and the first API key were changed by hand."
    return f"User {stored['admin_user']}; {' and '.join(there)} {'are' if len(there) > 1 else 'is'} in {path}"
