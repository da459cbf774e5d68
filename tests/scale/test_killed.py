"""A process that dies between its COPY and its commit."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest

from tests.live import wait_for
from tests.scale.conftest import EMPTY, counted, daphnes, exactly
from tests.scale.sending import HEADERS, body, send

pytestmark = [pytest.mark.kill, pytest.mark.timeout(180), pytest.mark.xdist_group("scale")]

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%pg_temp.store%'"


@pytest.fixture
def held(store) -> Iterator[psycopg.Connection]:
    """A transaction that lets spans be copied and keeps them from being added to the rollups."""
    with psycopg.connect(store.service.url, autocommit=True) as connection:
        connection.execute(EMPTY)
    with psycopg.connect(store.service.url) as connection:
        connection.execute("LOCK TABLE telemetry_rollup IN EXCLUSIVE MODE")
        yield connection


def test_a_process_killed_after_its_copy_and_before_its_commit_has_stored_nothing(store, held, tmp_path):
    batch = body(range(100))
    with daphnes(tmp_path, 2, DATABASE_URL=store.service.url) as (dies, lives), ThreadPoolExecutor(1) as pool:
        answer = pool.submit(httpx.post, f"{dies.url}/v1/traces", content=batch, headers=HEADERS, timeout=60)
        with psycopg.connect(store.service.url, autocommit=True) as watcher:
            wait_for(lambda: watcher.execute(WAITING).fetchone() == (1,), 30, "the copied batch at the lock")
            dies.process.kill()
            assert isinstance(answer.exception(30), httpx.TransportError)
            held.rollback()
            wait_for(lambda: watcher.execute(WAITING).fetchone() == (0,), 30, "Postgres letting go of it")
        assert counted(store.service.url) == exactly(0)
        send(lives.url, batch)
    assert counted(store.service.url) == exactly(100)
