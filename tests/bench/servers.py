"""A Postgres and a Valkey for a measurement, with durable settings, unlike the tests'."""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from salesboost.services import Postgres, Valkey, spawn, wait_until
from tests.ports import free_port
from tests.started import STARTED


@contextmanager
def own_servers() -> Iterator[Path]:
    """A folder that goes away at the end, and in the environment where the servers are."""
    folder = Path(tempfile.mkdtemp(prefix="salesboost-bench-"))
    folder.chmod(0o755)
    postgres, valkey = Postgres(folder), Valkey(folder, free_port(), "bench")
    children = []
    try:
        for service in (postgres, valkey):
            service.prepare()
            children.append(spawn(service, folder / f"{service.name}.log"))
            if not wait_until(service.ready, 20):
                sys.exit((folder / f"{service.name}.log").read_text())
        os.environ |= {
            "DATABASE_URL": postgres.url,
            "REDIS_URL": valkey.url,
            "DATA_DIR": str(folder / "data"),
            STARTED: str(folder),  # helpers of tests that start a whole SalesBoost keep there what they start from
        }
        yield folder
    finally:
        for child in reversed(children):
            child.send_signal(signal.SIGINT)  # Postgres's fast shutdown: SIGTERM waits for clients
            child.wait(60)
        shutil.rmtree(folder.resolve() / "postgres", ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
