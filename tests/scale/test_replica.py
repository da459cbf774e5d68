"""A streaming replica for reading: pages and the read API ask it, what is written and judged does not."""

import subprocess
from collections.abc import Iterator

import httpx
import psycopg
import pytest

from salesboost.services import POSTGRES_USER, Postgres
from tests.live import wait_for
from tests.scale.conftest import EMPTY, counted, daphnes, exactly
from tests.scale.sending import HEADERS, body, send
from tests.telemetry.processes import OwnPostgres, a_folder

pytestmark = [pytest.mark.kill, pytest.mark.timeout(180), pytest.mark.xdist_group("scale")]


@pytest.fixture
def replica(store) -> Iterator[OwnPostgres]:
    """A standby that follows *store*."""
    with psycopg.connect(store.service.url) as connection:
        connection.execute(EMPTY)
    with a_folder("salesboost-replica-") as folder:
        standby = OwnPostgres(Postgres(folder))
        primary = store.service
        command = [
            *(str(primary.programs / "pg_basebackup"), "-h", str(primary.socket_dir), "-U", POSTGRES_USER),
            *("-D", str(standby.service.cluster), "-R", "-X", "stream", "-c", "fast", "--no-sync"),
        ]
        standby.service.make_place()
        subprocess.run(command, check=True, timeout=60, user=primary.account)
        # Our clusters have their socket in their folder, and so its lock was copied too.
        (standby.service.cluster / ".s.PGSQL.5432.lock").unlink()
        standby.start()
        try:
            yield standby
        finally:
            standby.stop()


def spans_shown(url: str) -> int:
    answer = httpx.get(f"{url}/api/v1/spans?q=tool:crm&limit=100", headers=HEADERS, timeout=20)
    assert answer.status_code == 200, answer.text
    return len(answer.json()["spans"])


def test_reads_go_to_the_replica_and_writes_to_the_primary(store, replica, tmp_path):
    urls = {"DATABASE_URL": store.service.url, "DATABASE_REPLICA_URL": replica.service.url}
    with (
        daphnes(tmp_path, 1, **urls) as [server],
        psycopg.connect(replica.service.url, autocommit=True) as standby,
    ):
        send(server.url, body(range(10)))
        wait_for(lambda: spans_shown(server.url) == 10, 20, "the spans on the replica")
        standby.execute("SELECT pg_wal_replay_pause()")
        send(server.url, body(range(10, 30)))
        assert counted(store.service.url) == exactly(30)
        assert spans_shown(server.url) == 10, "only the primary has the new ones"
        standby.execute("SELECT pg_wal_replay_resume()")
        wait_for(lambda: spans_shown(server.url) == 30, 20, "the new spans on the replica")
