"""Starts a whole SalesBoost with `manage.py up`, as a user does, for the tests that kill parts of it."""

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.ports import free_port
from tests.started import STARTED

ROOT = Path(__file__).parent.parent


@dataclass
class Running:
    """A started `manage.py up`, its credentials and its output so far."""

    process: subprocess.Popen[bytes]
    data_dir: Path
    output: Path
    url: str

    @property
    def said(self) -> str:
        return self.output.read_text()

    @property
    def credentials(self) -> dict[str, str]:
        return dict(json.loads((self.data_dir / "credentials.json").read_text()))

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.credentials['api_key']}"}

    def call(self, tool: str, payload: Mapping[str, Any], **extra: Any) -> httpx.Response:
        body = {"tool": tool, "payload": payload, "caller_role": "coach", **extra}
        return httpx.post(f"{self.url}api/v1/tools/execute", json=body, headers=self.headers, timeout=20)

    def rows(self, query: str, *parameters: Any) -> list[Any]:
        with psycopg.connect(self.credentials["database_url"], connect_timeout=3) as connection:
            return connection.execute(query, parameters).fetchall()

    def pids(self, pattern: str = "") -> list[int]:
        """The live processes of this SalesBoost whose command line has *pattern*."""
        found = []
        for place in Path("/proc").iterdir():
            if not place.name.isdigit():
                continue
            try:
                environment = (place / "environ").read_bytes()
                command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                state, parent = (place / "stat").read_text().rsplit(")", 1)[1].split()[:2]
            except OSError:
                continue
            # Servers write their title over their environment; those are children of `up` itself.
            ours = f"DATA_DIR={self.data_dir}".encode() in environment or str(self.data_dir) in command
            ours = ours or int(parent) == self.process.pid
            if ours and state != "Z" and re.search(pattern, command):
                found.append(int(place.name))
        return found

    def kill(self, pattern: str) -> None:
        """`kill -9` the oldest process whose command line has *pattern*: the parent of its kind."""
        os.kill(min(self.pids(pattern)), signal.SIGKILL)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Ask for the end; how long it took in seconds."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(30)
        return time.monotonic() - began


def eventually(holds: Callable[[], Any], timeout_s: float, what: str = "") -> Any:
    """Poll until *holds* returns something true, and return it; connection errors count as not yet."""
    deadline = time.monotonic() + timeout_s
    last: Any = None
    while time.monotonic() < deadline:
        try:
            last = holds()
        except (httpx.HTTPError, psycopg.Error, OSError) as error:
            last = error
        else:
            if last:
                return last
        time.sleep(0.1)
    raise AssertionError(f"{what or 'it'} did not happen within {timeout_s} s; last: {last!r}")


def clean_environment(**changes: str) -> dict[str, str]:
    """The environment without the tests' own servers."""
    dropped = {"DATABASE_URL", "REDIS_URL", "DATA_DIR", "PORT", "HOST", "SALESBOOST_SECRET_KEY"}
    return {**{key: value for key, value in os.environ.items() if key not in dropped}, **changes}


@contextmanager
def a_data_dir(*, empty: bool = False) -> Iterator[Path]:
    """A folder as an earlier start has left it, or, *empty*, one that is not there yet."""
    folder = Path(tempfile.mkdtemp(prefix="salesboost-up-"))
    folder.chmod(0o755)
    try:
        if not empty:
            subprocess.run(["cp", "-aL", str(started_before()), str(folder / "data")], check=True)
        yield folder / "data"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def started_before() -> Path:
    """The folder that is copied: of a first start, whose tables take longer than most tests. Made once for all."""
    folder = Path(os.environ[STARTED]) / "started-before"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            with up(folder / "data") as running:
                running.stop()
            (folder / "done").touch()
    return folder / "data"


@contextmanager
def up(data_dir: Path, *arguments: str, **environment: str) -> Iterator[Running]:
    """A SalesBoost that has said where it is; stopped at the end, whatever happened."""
    port = environment.pop("PORT", str(free_port()))
    data_dir.parent.mkdir(exist_ok=True)
    output = data_dir.parent / f"up-{port}.txt"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "up", *arguments],
            cwd=ROOT,
            env=clean_environment(DATA_DIR=str(data_dir), PORT=port, **environment),
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    running = Running(process, data_dir, output, f"http://127.0.0.1:{port}/")
    try:
        eventually(lambda: "SalesBoost is at" in running.said or process.poll() is not None, 90, "the start")
        assert process.poll() is None, running.said
        yield running
    finally:
        if process.poll() is None:
            running.stop()
