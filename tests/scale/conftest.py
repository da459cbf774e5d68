"""A Postgres of one's own with all tables and an API key, and daphnes before it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.live import ROOT, Daphne
from tests.scale.sending import KEY
from tests.telemetry.processes import OwnPostgres, own_postgres

EMPTY = "TRUNCATE telemetry_span, telemetry_span_payload, telemetry_rollup, telemetry_tool_rollup, telemetry_ended"
MAKE_KEY = f"from tools.decisions.keys import ensure_key; ensure_key('scaling', {KEY!r})"


def manage(url: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run ``manage.py`` on the database at *url*."""
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": url},
        check=True,
        timeout=120,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="session")
def store() -> Iterator[OwnPostgres]:
    with own_postgres() as own:
        manage(own.service.url, "shell", "--no-imports", "-c", MAKE_KEY)
        yield own


@contextmanager
def daphnes(folder: Path, count: int, **environment: str) -> Iterator[list[Daphne]]:
    """*count* server processes with that *environment*; each has its own DATA_DIR, as on its own machine."""
    servers = [
        Daphne(
            "salesboost",
            folder / f"daphne-{number}.log",
            environment={**environment, "DATA_DIR": str(folder / f"data-{number}")},
        )
        for number in range(count)
    ]
    try:
        with ThreadPoolExecutor(count) as pool:
            list(pool.map(Daphne.start, servers))
        yield servers
    finally:
        for server in servers:
            server.stop()


def counted(url: str) -> dict[str, int]:
    """How many spans are stored, how many different ones, and how many the rollups say."""
    with psycopg.connect(url) as connection:
        spans, different = connection.execute(
            "SELECT count(*), count(DISTINCT trace_id) FROM telemetry_span"
        ).fetchone()
        (rolled,) = connection.execute(
            "SELECT coalesce(sum(spans), 0)::bigint FROM telemetry_rollup WHERE resolution_s = 60"
        ).fetchone()
    return {"spans": spans, "different": different, "rolled up": rolled}


def exactly(number: int) -> dict[str, int]:
    return {"spans": number, "different": number, "rolled up": number}
