"""Parts die under traffic, and afterwards every call that was made is in the store exactly once."""

import os
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from salesboost.services import Postgres, spawn, wait_until
from tests.running import Running, a_data_dir, eventually, up

pytestmark = [pytest.mark.kill, pytest.mark.timeout(240), pytest.mark.xdist_group("kill")]

OUTAGE_S = 30.0

STORED = """
SELECT session_id FROM telemetry_span
WHERE series_id IN (SELECT id FROM telemetry_series WHERE tool = %s) AND starts_with(session_id, %s)"""


@dataclass
class Callers:
    """Threads that call without a pause; each call is told apart by a session of its own."""

    running: Running
    of: str = field(default_factory=lambda: uuid.uuid4().hex)
    answered: dict[str, int] = field(default_factory=dict)
    unanswered: set[str] = field(default_factory=set)
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self, name: str) -> None:
        number = 0
        while not self.stopping.is_set():
            number += 1
            session = f"{self.of}-{name}-{number}"
            try:
                # Every second call repeats an argument, so that some come from the cache.
                payload = {"competitor_name": None} if number % 2 else {"aspects": ["pricing"]}
                answer = self.running.call("competitor_analysis", payload, session_id=session)
                self.answered[session] = answer.status_code
            except httpx.HTTPError:
                self.unanswered.add(session)
            self.stopping.wait(0.02)

    @property
    def stored(self) -> list[str]:
        return sorted(session for (session,) in self.running.rows(STORED, "competitor_analysis", self.of))

    def answered_since(self, moment: int) -> list[int]:
        return list(self.answered.values())[moment:]


@contextmanager
def calling(running: Running) -> Iterator[Callers]:
    callers = Callers(running)
    threads = [threading.Thread(target=callers.run, args=(f"caller{number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield callers
    finally:
        callers.stopping.set()
        for thread in threads:
            thread.join()


def every_answered_call_is_stored_once(callers: Callers) -> bool:
    stored = callers.stored
    assert len(stored) == len(set(stored)), "a call is stored twice"
    assert set(stored) <= set(callers.answered) | callers.unanswered
    return set(callers.answered) <= set(stored)


def rollups_equal_spans(running: Running) -> bool:
    ((spans,),) = running.rows("SELECT count(*) FROM telemetry_span")
    ((rolled,),) = running.rows(
        "SELECT coalesce(sum(spans), 0)::bigint FROM telemetry_rollup WHERE resolution_s = 60"
    )
    return bool(spans == rolled)


@pytest.mark.parametrize("victim", ["-m salesboost.server", "manage.py record", "valkey-server", "postgres -D"])
def test_a_part_killed_under_traffic_loses_no_call(victim, salesboost):
    with calling(salesboost) as callers:
        eventually(lambda: len(callers.answered) > 50, 20, "traffic")
        killed = min(salesboost.pids(victim))
        salesboost.kill(victim)
        eventually(lambda: (found := salesboost.pids(victim)) and killed not in found, 5, f"{victim} again")
        before = len(callers.answered)
        eventually(lambda: callers.answered_since(before).count(200) > 50, 40, "calls after it")
    eventually(lambda: every_answered_call_is_stored_once(callers), 20, "every call in the store")
    assert rollups_equal_spans(salesboost)


def test_with_valkey_away_calls_go_on_and_all_recovers(salesboost):
    valkey = min(salesboost.pids("valkey-server"))
    with calling(salesboost) as callers:
        eventually(lambda: len(callers.answered) > 20, 20, "traffic")
        os.kill(valkey, signal.SIGSTOP)  # away, though its port still accepts: the harder case
        try:
            before = len(callers.answered)
            eventually(lambda: callers.answered_since(before).count(200) > 100, 20, "calls without Valkey")
            eventually(lambda: not ready(salesboost)["valkey"]["ok"], 10, "the health page says so")
        finally:
            os.kill(valkey, signal.SIGCONT)
        eventually(lambda: ready(salesboost)["valkey"]["ok"], 15, "Valkey to be back")
    assert set(callers.answered.values()) == {200}
    eventually(lambda: every_answered_call_is_stored_once(callers), 20, "every call in the store")


def ready(running: Running) -> dict[str, dict[str, bool]]:
    checks = httpx.get(f"{running.url}readyz", headers=running.headers, timeout=10).json()["checks"]
    return dict(checks)


def test_postgres_away_for_thirty_seconds_loses_no_call():
    with a_data_dir() as data_dir:
        data_dir.mkdir(mode=0o755, exist_ok=True)
        postgres = Postgres(data_dir)
        postgres.prepare()
        server = spawn(postgres, data_dir / "own-postgres.log")
        assert wait_until(postgres.ready, 20)
        try:
            with up(data_dir, DATABASE_URL=postgres.url) as running:
                with calling(running) as callers:
                    eventually(lambda: callers.answered_since(0).count(200) > 50, 20, "traffic")
                    os.killpg(server.pid, signal.SIGKILL)
                    server.wait()
                    gone_at, before = time.monotonic(), len(callers.answered)
                    # Cached answers need no database: they go on.
                    eventually(
                        lambda: callers.answered_since(before).count(200) > 100, 25, "calls without Postgres"
                    )
                    eventually(lambda: time.monotonic() - gone_at > OUTAGE_S, OUTAGE_S + 5, "the outage")
                    server = spawn(postgres, data_dir / "own-postgres.log")
                    assert wait_until(postgres.ready, 30)
                    after = len(callers.answered)
                    eventually(lambda: callers.answered_since(after).count(200) > 100, 30, "calls after it")
                assert not callers.unanswered
                eventually(lambda: every_answered_call_is_stored_once(callers), 30, "every call in the store")
                assert rollups_equal_spans(running)
        finally:
            os.killpg(server.pid, signal.SIGINT)
            server.wait(20)
