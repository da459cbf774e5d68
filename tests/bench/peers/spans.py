"""Spans over OTLP/HTTP: one web process of ours and a recorder, beside a Phoenix as it starts by itself (SQLite).

We answer once spans are stored, Phoenix once they are in its queue in memory: so it is timed, too, until all are
stored. A round is fewer spans than Phoenix's queue holds (20,000): what comes on top it refuses.
"""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import httpx

from salesboost.children import plain_environment
from telemetry.models import Span
from tests.bench import otlp
from tests.bench.peers.comparisons import OURS, PHOENIX, SPANS, Comparison, Said, rows
from tests.bench.peers.environments import python_of
from tests.bench.rounds import Ratio, alternate
from tests.live import wait_for
from tests.ports import free_port
from tests.telemetry.processes import recorder

WARM_UP, REQUESTS = 5, 25  # of 200 spans each: a second of ours, half a minute of Phoenix's
START_S, STORED_S = 120, 300


@dataclass(frozen=True, slots=True)
class Target:
    """Who is sent to, and how many spans it has stored."""

    url: str
    stored: Callable[[], int]


def compared(folder: Path, rounds: int) -> list[tuple[Comparison, Ratio]]:
    """The rows of the table; Phoenix's environment is below *folder*. None if it cannot be installed."""
    try:
        python = python_of("phoenix", folder)
    except subprocess.CalledProcessError as error:
        print(f"Phoenix is left out, for it could not be installed: {error}", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory() as name, ours(Path(name)) as one, phoenix(python, Path(name)) as other:
        measure = partial(measured, random=Random(7), key=a_key(), file=Path(name) / "requests")
        for target in (one, other):
            measure(target, requests=WARM_UP)
        said = alternate({OURS: partial(measure, one), PHOENIX: partial(measure, other)}, rounds)
    return rows(SPANS, said)


def a_key() -> str:
    from tools.decisions.keys import create_key

    return create_key("bench-peers", ["ingest"])[1]


@contextmanager
def ours(base: Path) -> Iterator[Target]:
    """A daphne and a recorder."""
    with recorder(otlp.database_url(), base / "recorded"), otlp.servers(base, "recorded") as (daphne,):
        yield Target(daphne.url, Span.objects.count)


@contextmanager
def phoenix(python: Path, base: Path) -> Iterator[Target]:
    """A Phoenix with its database below *base*, that tells nobody of it."""
    port = free_port()
    environment = plain_environment(os.environ) | {
        "PHOENIX_WORKING_DIR": str(base / "phoenix"),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(free_port()),
        "PHOENIX_TELEMETRY_ENABLED": "false",
        "PHOENIX_ALLOW_EXTERNAL_RESOURCES": "false",
    }
    (base / "phoenix").mkdir()
    command, log = [str(python), "-m", "phoenix.server.main", "serve"], base / "phoenix.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=base, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/healthz", process, log), START_S, "Phoenix answering")
        yield Target(f"http://127.0.0.1:{port}", partial(stored_by_phoenix, base / "phoenix" / "phoenix.db"))
    finally:
        process.terminate()
        process.wait(30)


def answers(url: str, process: "subprocess.Popen[bytes]", log: Path) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"Phoenix ended: {log.read_text()[-3000:]}")
    try:
        return httpx.get(url, timeout=3).status_code == 200
    except httpx.HTTPError:
        return False


def stored_by_phoenix(database: Path) -> int:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as connection:
        return int(connection.execute("SELECT count(*) FROM spans").fetchone()[0])


def measured(target: Target, *, random: Random, key: str, file: Path, requests: int = REQUESTS) -> Said:
    """Spans a second, until all are answered and until all are stored. Each of them has to be taken."""
    bodies = [otlp.a_body(random) for _ in range(requests)]
    spans, before = len(bodies) * otlp.SPANS, target.stored()
    said = otlp.answers(target.url, file, key, bodies)
    answered = time.perf_counter()
    if said["statuses"] != {"200": len(bodies)}:
        raise RuntimeError(f"{target.url} answered {said}")
    wait_for(lambda: target.stored() - before == spans, STORED_S, "all spans being stored")
    stored_s = said["seconds"] + time.perf_counter() - answered
    figures = {"answered_per_s": spans / said["seconds"], "stored_per_s": spans / stored_s}
    print(json.dumps({"program": target.url, **figures}), file=sys.stderr, flush=True)
    return {"otlp": figures}
