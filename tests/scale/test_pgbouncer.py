"""PgBouncer in transaction mode between the processes and Postgres."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from salesboost.services import POSTGRES_USER
from tests.live import wait_for
from tests.pgbouncer import find_pgbouncer
from tests.ports import free_port
from tests.scale.conftest import EMPTY, counted, daphnes, exactly
from tests.scale.sending import HEADERS, body, send_all

pytestmark = [pytest.mark.kill, pytest.mark.timeout(180), pytest.mark.xdist_group("scale")]

CONFIG = """
[databases]
salesboost = host={host} dbname=salesboost user={user} pool_size=5
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
ignore_startup_parameters = extra_float_digits,options
"""


@pytest.fixture
def bouncer(store, tmp_path) -> Iterator[str]:
    """The address of a PgBouncer before *store*: five connections for everybody."""
    program = find_pgbouncer()
    assert program, "run `python tests/pgbouncer.py`, which installs PgBouncer"
    service, port = store.service, free_port()
    config = Path(service.data_dir) / "pgbouncer.ini"
    config.write_text(CONFIG.format(host=service.socket_dir, user=POSTGRES_USER, port=port))
    with (tmp_path / "pgbouncer.log").open("wb") as log:
        # It refuses root, and only Postgres's account may use Postgres's socket.
        process = subprocess.Popen([program, str(config)], user=service.account, stdout=log, stderr=log)
    url = f"postgresql://{POSTGRES_USER}@127.0.0.1:{port}/salesboost"
    try:
        wait_for(lambda: _answers(url), 15, "PgBouncer answering")
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2, prepare_threshold=None) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.Error:
        return False


def test_spans_are_stored_and_read_over_shared_connections(store, bouncer, tmp_path):
    with psycopg.connect(store.service.url) as connection:
        connection.execute(EMPTY)
    batches = [body(range(start, start + 25), tool=f"tool{start % 3}") for start in range(0, 1000, 25)]
    with daphnes(tmp_path, 2, DATABASE_URL=bouncer) as servers:
        send_all([server.url for server in servers], batches * 2, connections=8)
        found = httpx.get(f"{servers[0].url}/api/v1/spans?q=tool:tool1&limit=5", headers=HEADERS, timeout=20)
        assert found.status_code == 200, found.text
        assert [span["tool"] for span in found.json()["spans"]] == ["tool1"] * 5
    assert counted(store.service.url) == exactly(1000)
