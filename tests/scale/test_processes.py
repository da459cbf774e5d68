"""Many ingest processes before one Postgres."""

import random
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.live import wait_for
from tests.scale.conftest import EMPTY, counted, daphnes, exactly, manage
from tests.scale.sending import body, send_all

pytestmark = [pytest.mark.kill, pytest.mark.timeout(180), pytest.mark.xdist_group("scale")]

BATCHES = [body(range(start, start + 50), tool=f"tool{start % 7}") for start in range(0, 2000, 50)]


@pytest.fixture(autouse=True)
def emptied(store):
    with psycopg.connect(store.service.url) as connection:
        connection.execute(EMPTY)


def test_four_processes_store_each_span_once_whoever_gets_it_and_how_often(store, tmp_path):
    twice = random.Random(1).sample(BATCHES * 2, len(BATCHES) * 2)
    with daphnes(tmp_path, 4, DATABASE_URL=store.service.url) as servers:
        send_all([server.url for server in servers], twice, connections=8)
    assert counted(store.service.url) == exactly(2000)
    said = manage(store.service.url, "rebuild_rollups", "--since=2026-01-01", "--check").stdout
    assert said.strip().endswith("No difference.")


def test_the_same_batch_over_five_connections_at_once_is_stored_once(store, tmp_path):
    with daphnes(tmp_path, 2, DATABASE_URL=store.service.url) as servers:
        send_all([server.url for server in servers], [BATCHES[0]] * 5, connections=5)
    assert counted(store.service.url) == exactly(50)


def test_postgres_restarted_amid_a_burst_loses_no_span_that_was_answered(store, tmp_path):
    """``send`` tries again as exporters do; what is answered is stored, and nothing twice."""
    with daphnes(tmp_path, 2, DATABASE_URL=store.service.url) as servers, ThreadPoolExecutor(1) as pool:
        burst = pool.submit(send_all, [server.url for server in servers], BATCHES * 3)
        wait_for(lambda: counted(store.service.url)["spans"] > 200, 30, "the burst")
        store.stop()
        assert not burst.done()
        store.start()
        burst.result(90)
    assert counted(store.service.url) == exactly(2000)
