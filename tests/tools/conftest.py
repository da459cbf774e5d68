"""What tests of tool calls share: an executor without the outside world, and the spans that it leaves."""

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from redis import Redis

from salesboost.services import Valkey, spawn, wait_until
from tests.ports import free_port
from tools.decisions import live
from tools.decisions.live import Snapshot
from tools.definition.registry import ToolRegistry
from tools.running.executor import ToolExecutor
from tools.state.memory import MemoryState


class Clock:
    """A clock that stands still until told."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make_clock():
    return Clock


@pytest.fixture
def no_edits():
    """No admin has changed anything, and no thread asks Postgres whether one did."""
    with live.pinned(Snapshot()):
        yield


@pytest.fixture
def spans(monkeypatch):
    """The finished spans of every executor made in this test."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("tools.stages.tracing.trace.get_tracer", lambda name: provider.get_tracer(name))
    return exporter


@pytest.fixture
def state(clock):
    return MemoryState(clock=clock)


@pytest.fixture
def make_executor(no_edits, state, clock):
    """Build an executor over the given tools, with a clock that stands still and no real sleep."""
    made = []

    def make(*definitions, **parts):
        registry = ToolRegistry()
        for definition in definitions:
            registry.register(definition)
        parts = {"state": state, "clock": clock, "sleep": clock.sleep, "random": lambda: 1.0, **parts}
        made.append(ToolExecutor(registry, **parts))
        return made[-1]

    yield make
    for executor in made:
        executor.close()


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
