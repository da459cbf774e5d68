"""A lab for each worker, and a client whose spans can be looked at."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from salesboost.lab import Lab
from tools.llm.calling import ModelClient
from tools.llm.calling.client import mounts

# Made once: it takes 50 ms, and each test has a model_client of its own loop.
TRUSTED = httpx.create_ssl_context()


@pytest.fixture(scope="session")
def _lab() -> Iterator[Lab]:
    with Lab() as lab:
        yield lab


@pytest.fixture
def lab(_lab: Lab) -> Lab:
    _lab.forget()
    return _lab


@pytest.fixture
def recorded() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
async def model_client(recorded: InMemorySpanExporter) -> AsyncIterator[ModelClient]:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(recorded))
    http = httpx.AsyncClient(verify=TRUSTED, mounts=mounts())
    client = ModelClient(http, tracer=provider.get_tracer("test"))
    yield client
    await client.aclose()
