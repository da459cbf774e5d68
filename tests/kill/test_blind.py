"""A SalesBoost that runs and judges nothing, or stores nothing, says so; and is heard again once it can."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import psycopg
import pytest

from telemetry.alerts.evaluation import EVALUATOR_LOCK
from tests.running import Running, a_data_dir, eventually, up

pytestmark = [pytest.mark.kill, pytest.mark.timeout(400), pytest.mark.xdist_group("blind")]

PAYLOAD = {"aspects": ["pricing"]}


@contextmanager
def a_monitor() -> Iterator[tuple[str, list[str]]]:
    """The address of a dead man's switch, and what it was asked."""
    asked: list[str] = []

    class Monitor(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Monitor)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/ping", asked
    server.shutdown()
    server.server_close()


def wrong(running: Running) -> dict[str, str]:
    """What /readyz says is wrong, and why."""
    answer = httpx.get(f"{running.url}readyz", headers=running.headers, timeout=10)
    found = {name: check.get("detail", "") for name, check in answer.json()["checks"].items() if not check["ok"]}
    assert answer.status_code == (503 if found else 200)
    return found


@pytest.fixture(scope="module")
def watched() -> Iterator[tuple[Running, list[str]]]:
    """A running SalesBoost, and how often its dead man's switch heard of it."""
    with (
        a_monitor() as (url, asked),
        a_data_dir() as data_dir,
        up(data_dir, HEARTBEAT_URL=url, OUTBOUND_ALLOW="127.0.0.1") as running,
    ):
        yield running, asked


def test_while_nothing_is_judged_it_is_told_here_and_the_heartbeat_outwards_stops(watched):
    running, asked = watched
    eventually(lambda: wrong(running) == {}, 60, "readiness")
    eventually(lambda: len(asked) >= 2, 60, "two heartbeats")
    with psycopg.connect(running.credentials["database_url"], autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [EVALUATOR_LOCK])
        eventually(lambda: list(wrong(running)) == ["judging"], 60, "judging named, and nothing else")
        before = len(asked)
        eventually(lambda: "for 7" in wrong(running)["judging"], 60, "more than seventy seconds without judging")
        assert len(asked) == before
    eventually(lambda: wrong(running) == {}, 30, "readiness again")
    eventually(lambda: len(asked) > before, 60, "a heartbeat again")


def test_a_postgres_that_refuses_every_write_is_told_and_rarely_tried(watched):
    running, _ = watched
    eventually(lambda: wrong(running) == {}, 60, "readiness")
    with psycopg.connect(running.credentials["database_url"], autocommit=True) as other:
        refuse(other, "on")
        for _ in range(5):
            assert running.call("competitor_analysis", PAYLOAD).status_code == 200
        eventually(lambda: "ingest" in wrong(running), 60, "the oldest unstored span named")
        assert {"postgres", "valkey"}.isdisjoint(wrong(running))
        refuse(other, "off")
    eventually(lambda: wrong(running) == {}, 40, "readiness again")
    ((stored,),) = running.rows(
        "SELECT count(*) FROM telemetry_span JOIN telemetry_series ON id = series_id WHERE tool = %s",
        "competitor_analysis",
    )
    assert stored == 5


def refuse(other: "psycopg.Connection[Any]", word: str) -> None:
    other.execute("SET default_transaction_read_only = off")
    other.execute(f"ALTER SYSTEM SET default_transaction_read_only = {word}")
    other.execute("SELECT pg_reload_conf()")
