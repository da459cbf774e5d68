"""What tests of the API share: a process with a few small tools, keys that it knows, and a client."""

import asyncio
import os

import pytest
from django.test import AsyncClient
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tools import tool
from tools.decisions import live
from tools.decisions.keys import digest
from tools.decisions.live import KeyInfo, Snapshot
from tools.errors import ProviderError, ReturnedFailure
from tools.models import Scope
from tools.running import runtime


@tool(roles={"coach"}, cache_ttl_s=60)
async def double(number: int) -> int:
    """Twice the number."""
    return number * 2


@tool(rate="1/min")
async def rarely() -> str:
    """Answers once a minute."""
    return "yes"


@tool
async def refuse(why: str) -> str:
    """Cannot do it."""
    raise ReturnedFailure(f"cannot: {why}", code="cannot", hint="ask something else")


@tool
async def away() -> str:
    """Depends on something that is away."""
    raise ProviderError("the gateway does not answer", retry_after_s=7)


@tool
async def broken() -> str:
    """Has a fault."""
    raise KeyError("secret-inside")


@tool(timeout_s=0.02)
async def slow() -> str:
    """Takes longer than it may."""
    await asyncio.sleep(10)
    return "late"


TOOLS = (double, rarely, refuse, away, broken, slow)
FULL = "sb_full"
KEYS = {
    FULL: KeyInfo("full", "sb_full", frozenset(Scope), frozenset(), None, "coach", any_role=True),
    "sb_execute": KeyInfo("runner", "sb_exec", frozenset({Scope.EXECUTE}), frozenset({"rag"}), None, "coach"),
    "sb_own": KeyInfo("own", "sb_own", frozenset({Scope.EXECUTE}), frozenset(), None, "coach"),
    "sb_reader": KeyInfo("reader", "sb_read", frozenset({Scope.READ}), frozenset(), None, ""),
}


@pytest.fixture
def executor(make_executor, spans, monkeypatch):
    """The process's executor, over TOOLS and state in memory."""
    executor = make_executor(*TOOLS)
    monkeypatch.setitem(runtime._executors, os.getpid(), executor)
    return executor


@pytest.fixture
def known_keys(no_edits):
    with live.pinned(Snapshot(keys={digest(plain): key for plain, key in KEYS.items()})):
        yield KEYS


class Api:
    """A client that sends JSON with a key."""

    def __init__(self, plain: str = FULL) -> None:
        self.client = AsyncClient(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {plain}"} if plain else {}

    async def get(self, path, **more):
        return await self.client.get(path, headers={**self.headers, **more.pop("headers", {})}, **more)

    async def delete(self, path):
        return await self.client.delete(path, headers=self.headers)

    async def post(self, path, body, content_type="application/json", headers=()):
        return await self.client.post(
            path, data=body, content_type=content_type, headers={**self.headers, **dict(headers)}
        )

    async def execute(self, tool, payload=None, **more):
        return await self.post("/api/v1/tools/execute", {"tool": tool, "payload": payload or {}, **more})


@pytest.fixture
def api(executor, known_keys):
    return Api()


@pytest.fixture
def api_as(executor, known_keys):
    return Api


@pytest.fixture
def models_spans(monkeypatch):
    """The spans of models and turns that this process makes, as they end."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", lambda name: provider.get_tracer(name))
    return exporter
