"""Both kinds of shared state, driven by one clock."""

import secrets

import pytest
from django.conf import settings
from redis import Redis

from salesboost.services import Valkey, free_port, spawn, wait_until
from tools.state.memory import MemoryState
from tools.state.valkey import ValkeyState


@pytest.fixture
async def valkey(clock):
    """Valkey's state under a prefix of its own."""
    state = ValkeyState(settings.REDIS_URL, now=clock, clock=clock, prefix=f"tests:{secrets.token_hex(6)}:")
    yield state
    await state.aclose()


@pytest.fixture(params=["memory", "valkey"])
def either(request, clock):
    """Each test that asks for this runs on memory and on Valkey."""
    return MemoryState(clock=clock) if request.param == "memory" else request.getfixturevalue("valkey")


class OwnValkey:
    """A Valkey of this test's own, to be killed and started again."""

    def __init__(self, folder):
        self._service = Valkey(folder, free_port(), "own")
        self._service.prepare()
        self._log = folder / "valkey.log"
        self.url = self._service.url

    def start(self):
        self.process = spawn(self._service, self._log)
        assert wait_until(self._service.ready, 10)

    def write_to_disk(self):
        with Redis.from_url(self.url) as client:
            client.set("tests:last", 1)  # it waits for what this connection wrote, and with it for all before that
            assert client.execute_command("WAITAOF", 1, 0, 5000)[0] == 1

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def own_valkey(tmp_path):
    own = OwnValkey(tmp_path)
    own.start()
    yield own
    own.kill()
