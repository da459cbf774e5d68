"""Server-sent events: of a stream alone, and over the REST address."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import nullcontext

import pytest

from telemetry import semconv
from tests.tools.api.conftest import Api
from tools import tool
from tools.decisions import live
from tools.decisions.keys import digest
from tools.decisions.live import KeyInfo, Snapshot
from tools.errors import ProviderError
from tools.models import Scope
from tools.running import runtime
from tools.web import sse
from tools.web.sockets.tickets import Ticket
from tools.web.sse import events


@tool
async def count(to: int) -> AsyncIterator[str]:
    """Counts; a line break is part of each number."""
    for number in range(to):
        yield f"{number}\n"


@tool
async def breaks() -> AsyncIterator[int]:
    """Breaks off."""
    yield 1
    raise ProviderError("the line is dead", retry_after_s=7)


def parsed(body):
    """``[(event, data)]``; comments are left out."""
    blocks = [block.split("\n") for block in body.decode().strip().split("\n\n")]
    return [
        (lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: ")))
        for lines in blocks
        if not lines[0].startswith(":")
    ]


@pytest.fixture
def api(make_executor, spans, monkeypatch):
    monkeypatch.setitem(runtime._executors, os.getpid(), make_executor(count, breaks))
    key = KeyInfo("full", "sb_full", frozenset(Scope), frozenset(), None, "coach")
    with live.pinned(Snapshot(keys={digest("sb_full"): key})):
        yield Api("sb_full")


def a_right():
    """One that lasts."""
    return nullcontext(asyncio.get_running_loop().create_future())


class Porter:
    """Lets everybody in."""

    def watched(self, ticket, need):
        return a_right()


async def stream(api, body):
    response = await api.post("/api/v1/tools/stream", body)
    if not response.streaming:
        return response, []
    return response, parsed(b"".join([part async for part in response.streaming_content]))


async def test_chunks_are_events_and_the_result_is_the_last(api):
    response, told = await stream(api, {"tool": "count", "payload": {"to": 2}})
    assert response.headers["Content-Type"] == "text/event-stream"
    assert (response.headers["X-Accel-Buffering"], response.headers["Cache-Control"]) == ("no", "no-store")
    assert [event for event, _ in told] == ["chunk", "chunk", "result"]
    result = told[-1][1]
    assert told[1][1] == {"tool": "count", "tool_call_id": result["tool_call_id"], "index": 1, "chunk": "1\n"}
    assert (result["status"], result["result"]) == ("success", ["0\n", "1\n"])


async def test_a_failure_is_an_event_with_a_problem_document(api):
    _, told = await stream(api, {"tool": "breaks"})
    assert [event for event, _ in told] == ["chunk", "error"]
    problem = told[-1][1]
    assert (problem["status"], problem["code"], problem["retry_after_s"]) == (502, "provider_error", 7)


async def test_a_call_that_cannot_be_asked_for_is_refused_by_status(api, spans):
    response, _ = await stream(api, {"tol": "count"})
    assert (response.status_code, response.json()["layer"]) == (400, "arguments")
    (span,) = spans.get_finished_spans()
    assert span.attributes[semconv.TOOL_CALL_ID] == response.json()["tool_call_id"]
    unknown, told = await stream(api, {"tool": "cont"})
    assert (unknown.status_code, told[0][1]["code"]) == (200, "unknown_tool")


async def test_the_openapi_document_tells_of_the_events(api):
    document = (await api.get("/api/v1/openapi.json")).json()
    operation = document["paths"]["/api/v1/tools/stream"]["post"]
    assert "text/event-stream" in operation["responses"]["200"]["content"]
    assert "application/json" in operation["requestBody"]["content"]


async def test_a_silent_stream_is_kept_alive_by_comments(make_executor):
    go_on, closed = asyncio.Event(), asyncio.Event()

    @tool
    async def silent() -> AsyncIterator[int]:
        """Waits."""
        try:
            await go_on.wait()
            yield 1
        finally:
            closed.set()

    told = events(make_executor(silent).stream(name="silent", payload={}), a_right(), heartbeat_s=0.01)
    assert (await anext(told)).startswith(b": ")
    assert [await anext(told) for _ in range(2)] == [b": still at work\n\n"] * 2
    go_on.set()
    assert [event for event, _ in parsed(b"".join([part async for part in told]))] == ["chunk", "result"]
    assert closed.is_set()


async def test_headers_do_not_wait_long_for_what_is_left_of_limits(make_executor, monkeypatch):
    """A call that is to get the result of an equal one is counted after that, if at all."""
    monkeypatch.setattr(sse, "HEADERS_S", 0.01)
    monkeypatch.setattr(sse, "DOORKEEPER", Porter())
    started, go_on = asyncio.Event(), asyncio.Event()

    @tool(cache_ttl_s=60, rate="5/min")
    async def held() -> str:
        """Waits."""
        started.set()
        await go_on.wait()
        return "done"

    executor = make_executor(held)
    first = asyncio.ensure_future(executor.execute(name="held", payload={}))
    await started.wait()
    limits = sse.Limits()
    made = executor.stream(name="held", payload={}, on_limits=limits.hear)
    response = await sse.stream_response(made, Ticket(), limits)
    assert "RateLimit" not in response.headers
    go_on.set()
    told = parsed(b"".join([part async for part in response.streaming_content]))
    assert [event for event, _ in told] == ["result"] and (await first).result == "done"


async def test_a_client_that_goes_away_before_the_headers_cancels_the_tool(make_executor):
    started, ended = asyncio.Event(), asyncio.Event()

    @tool
    async def silent() -> str:
        """Waits for ever."""
        try:
            started.set()
            await asyncio.Event().wait()
        finally:
            ended.set()
        return ""

    made = make_executor(silent).stream(name="silent", payload={})
    answering = asyncio.create_task(sse.stream_response(made, Ticket(), sse.Limits()))
    await started.wait()
    answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answering
    assert ended.is_set()


async def test_a_client_that_goes_away_while_it_waits_cancels_the_tool(make_executor):
    started, ended = asyncio.Event(), asyncio.Event()

    @tool
    async def silent() -> AsyncIterator[int]:
        """Waits for ever."""
        try:
            started.set()
            await asyncio.Event().wait()
            yield 1
        finally:
            ended.set()

    right = a_right()

    async def read():
        async for _ in events(make_executor(silent).stream(name="silent", payload={}), right, heartbeat_s=60):
            pass

    reading = asyncio.create_task(read())
    await started.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert ended.is_set()
