"""Real processes for tests: a Postgres of one's own, span makers."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from salesboost.services import Postgres, spawn, wait_until
from tests.running import a_data_dir

ROOT = Path(__file__).parent.parent.parent


@dataclass
class OwnPostgres:
    """A Postgres that a test may stop and start."""

    service: Postgres
    child: subprocess.Popen | None = None

    def start(self) -> None:
        self.child = spawn(self.service, self.service.data_dir / "log")
        assert wait_until(self.service.ready, 30), (self.service.data_dir / "log").read_text()

    def stop(self) -> None:
        if self.child is not None:
            self.child.send_signal(signal.SIGINT)
            self.child.wait(20)
            self.child = None

    def stored(self) -> list[str]:
        """The numbers of the stored spans, as `span_maker` gave them, in order."""
        with psycopg.connect(self.service.url) as connection:
            rows = connection.execute("SELECT session_id FROM telemetry_span").fetchall()
        return sorted((number for (number,) in rows), key=int)

    def storing(self) -> set[int]:
        """The processes that have stored spans."""
        with psycopg.connect(self.service.url) as connection:
            rows = connection.execute("SELECT process FROM telemetry_recorder WHERE stored > 0").fetchall()
        return {int(process.split(":")[1]) for (process,) in rows}

    def rolled_up(self) -> int:
        with psycopg.connect(self.service.url) as connection:
            query = "SELECT sum(first_try) FROM telemetry_rollup WHERE resolution_s = 60"
            return connection.execute(query).fetchone()[0]


@contextmanager
def a_folder(prefix: str) -> Iterator[Path]:
    """A folder that the account that runs Postgres for root can get into."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """A Postgres of its own, as the first start of SalesBoost leaves it."""
    with a_data_dir() as folder:
        own = OwnPostgres(Postgres(folder, settings={"fsync": "off"}))
        try:
            own.service.prepare()
            own.start()
            yield own
        finally:
            own.stop()


@contextmanager
def recorder(database_url: str, data_dir: Path, *, wait: bool = True) -> Iterator[subprocess.Popen]:
    """A running recorder of *data_dir*; *wait* until it records."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "record"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database_url, "DATA_DIR": str(data_dir)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        if wait:
            assert process.stdout.readline() == "Recording.\n"
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        finally:
            process.kill()
            process.stdout.close()


@dataclass
class Maker:
    """A running `span_maker`."""

    process: subprocess.Popen

    def tell(self, line: str) -> str:
        """Say *line* to it and return its answer."""
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


@contextmanager
def span_maker(database_url: str, data_dir: Path) -> Iterator[Maker]:
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "DATA_DIR": str(data_dir),
        "DJANGO_SETTINGS_MODULE": "salesboost.settings",
        "PYTHONPATH": str(ROOT),
    }
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("span_maker.py"))],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Maker(process)
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()
