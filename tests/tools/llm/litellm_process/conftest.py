"""One process for all tests that do not end it: it takes seconds to load."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.tools.llm.conftest import TRUSTED
from tools.llm.calling import ModelClient
from tools.llm.litellm_process.child import Child
from tools.llm.litellm_process.client import SCHEME, Litellm

pytest_plugins = ["salesboost.lab.fixture"]


@pytest.fixture(scope="session")
def _child() -> Iterator[Child]:
    child = Child()
    yield child
    child.stop()


@pytest.fixture
def child() -> Iterator[Child]:
    """One for a test that ends it, or counts them."""
    child = Child()
    yield child
    child.stop()


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


def client_of(child: Child, spans: InMemorySpanExporter) -> ModelClient:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(spans))
    http = httpx.AsyncClient(verify=TRUSTED, mounts={SCHEME: Litellm(child)})
    return ModelClient(http, tracer=provider.get_tracer("test"))


@pytest.fixture
async def client(_child: Child, spans: InMemorySpanExporter) -> AsyncIterator[ModelClient]:
    client = client_of(_child, spans)
    yield client
    await client.aclose()


@pytest.fixture
async def own_client(child: Child, spans: InMemorySpanExporter) -> AsyncIterator[ModelClient]:
    client = client_of(child, spans)
    yield client
    await client.aclose()


class Vendor:
    """Speaks Chat Completions as far as a test lets it, and knows when who asked has gone."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.left = asyncio.Event()
        self.requests: list[bytes] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The beginning of a stream where one is asked for, and then nothing more."""
        self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        chunk = (
            b'data: {"id":"1","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"}}]}\n\n'
        )
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        writer.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        self.asked.set()
        while await reader.read(1 << 16):
            pass
        self.left.set()
        writer.close()


@pytest.fixture
async def vendor() -> AsyncIterator[tuple[Vendor, str]]:
    """One, and its address."""
    vendor = Vendor()
    server = await asyncio.start_server(vendor.answer, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    yield vendor, f"http://{host}:{port}/v1"
    server.close()
