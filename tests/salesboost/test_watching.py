"""A server has the canary sing and probes its tools, and what it records of that is in no figure."""

import pytest
from django.db import connection

from telemetry.models import Heartbeat, Rollup, Span
from telemetry.process.heartbeats import CANARY
from tests.live import Daphne, wait_for


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(180)
def test_a_server_alone_has_its_canary_stored_and_its_tools_probed(tmp_path, own_valkey_url):
    server = Daphne(
        str(connection.settings_dict["NAME"]),
        tmp_path / "daphne.log",
        application="tests.watching_asgi:application",
        environment={"DATA_DIR": str(tmp_path / "data"), "REDIS_URL": own_valkey_url},
    )
    server.start()
    try:
        wait_for(lambda: Heartbeat.objects.filter(name=CANARY).exists(), 30, "the canary in the store")
        wait_for(lambda: "round" in notes(own_valkey_url), 30, "a round of probes")
        found = notes(own_valkey_url)
    finally:
        server.stop()
    assert len([name for name in found if name.startswith("probe:")]) == 8
    assert b'"ok":true' in found["canary"]
    assert (Span.objects.count(), Rollup.objects.count()) == (0, 0)


def notes(url):
    from redis import Redis

    with Redis.from_url(url) as client:
        return {name.decode(): value for name, value in client.hgetall("salesboost:tools:notes").items()}


@pytest.fixture
def own_valkey_url(tmp_path):
    from salesboost.services import Valkey, spawn, wait_until
    from tests.ports import free_port

    folder = tmp_path / "valkey"
    folder.mkdir()
    service = Valkey(folder, free_port(), "own")
    service.prepare()
    process = spawn(service, folder / "valkey.log")
    assert wait_until(service.ready, 10)
    yield service.url
    process.kill()
    process.wait()
