"""Starts the real Postgres and Valkey that the tests use, before Django reads its settings.

Loaded by ``-p tests.servers`` (see pyproject.toml), and so before pytest-django. With pytest-xdist the
controller starts the servers and its workers inherit their addresses.
"""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from tests.started import STARTED

IN_MEMORY, ENOUGH_BYTES = Path("/dev/shm"), 4 << 30


def place() -> Path | None:
    """Where the servers keep their files: in memory if there is room, for emptying tables makes many anew."""
    roomy = os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ENOUGH_BYTES
    return IN_MEMORY if roomy else None


def start_servers() -> None:
    from salesboost.services import Postgres, Valkey, spawn, wait_until
    from tests.ports import free_port

    folder = Path(tempfile.mkdtemp(prefix="salesboost-tests-"))
    folder.chmod(0o755)  # the account that runs Postgres for root has to get in
    postgres = Postgres(folder, settings={"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"})
    valkey = Valkey(folder, free_port(), "tests")
    children: list[subprocess.Popen[bytes]] = []

    def stop() -> None:
        for child in children:
            child.send_signal(signal.SIGINT)
        for child in children:
            child.wait(10)
        shutil.rmtree(folder.resolve() / "postgres", ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)

    owner = os.getpid()
    atexit.register(lambda: stop() if os.getpid() == owner else None)
    for service in (postgres, valkey):
        service.prepare()
        child = spawn(service, folder / f"{service.name}.log")
        children.append(child)
        if not wait_until(service.ready, 20, alive=lambda child=child: child.poll() is None):
            raise RuntimeError((folder / f"{service.name}.log").read_text())
    os.environ |= {
        STARTED: str(folder),
        "DATABASE_URL": postgres.url,
        "REDIS_URL": valkey.url,
        "DATA_DIR": str(folder / "data"),
        "SALESBOOST_SECRET_KEY": "tests-only",
    }


# For the servers here, and for all that tests start in folders of their own.
tempfile.tempdir = str(place() or tempfile.gettempdir())
if STARTED not in os.environ:
    for name in [key for key in os.environ if key.startswith(("TOOL_", "SMS_", "ALERT_", "EMAIL_"))]:
        del os.environ[name]
    start_servers()
# Each xdist worker has a Valkey database of its own, as it has a Postgres database of its own, and a DATA_DIR:
# the processes that share one take over each other's unstored spans.
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ["DATA_DIR"] = str(Path(os.environ[STARTED]) / f"data-{worker}")
    # The settings put it below DATA_DIR, and those of the controller have done so already.
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    os.environ["REDIS_URL"] = os.environ["REDIS_URL"].rsplit("/", 1)[0] + f"/{1 + int(worker[2:])}"
