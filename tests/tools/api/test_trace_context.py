import os
from collections.abc import AsyncIterator

import pytest

from tools import Calls, Injected, tool
from tools.running import runtime

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
HERE = {"traceparent": f"00-{TRACE}-{SPAN}-01"}


async def execute(api, headers=()):
    return await api.post("/api/v1/tools/execute", {"tool": "double", "payload": {"number": 2}}, headers=headers)


async def test_a_call_joins_the_trace_of_its_caller(api, spans):
    assert (await execute(api, HERE)).status_code == 200
    [span] = spans.get_finished_spans()
    assert (f"{span.context.trace_id:032x}", f"{span.parent.span_id:016x}") == (TRACE, SPAN)
    await execute(api)
    assert spans.get_finished_spans()[-1].parent is None, "the next request is on its own again"


@pytest.mark.parametrize("header", ["", "nonsense", f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01"])
async def test_a_header_that_makes_no_sense_begins_a_trace(api, spans, header):
    assert (await execute(api, {"traceparent": header})).status_code == 200
    [span] = spans.get_finished_spans()
    assert span.parent is None


@tool
async def double(number: int) -> int:
    """Twice the number."""
    return number * 2


@tool
async def count(up_to: int) -> AsyncIterator[int]:
    """Counts."""
    for number in range(up_to):
        yield number


@tool
async def relay(number: int, *, calls: Injected[Calls]) -> int:
    """Has another tool called."""
    return (await calls.call("double", {"number": number})).result


@pytest.fixture
def streaming(make_executor, spans, monkeypatch, api):
    """The process's executor, with tools that stream and that call."""
    monkeypatch.setitem(runtime._executors, os.getpid(), make_executor(double, count, relay))


async def read(response):
    return b"".join([piece async for piece in response.streaming_content])


def of_whom(span):
    return f"{span.context.trace_id:032x}", span.parent and f"{span.parent.span_id:016x}"


@pytest.mark.parametrize(("name", "payload"), [("double", {"number": 2}), ("count", {"up_to": 3})])
async def test_a_streaming_answer_joins_too(api, streaming, spans, name, payload):
    body = {"tool": name, "payload": payload}
    # The view has been left, and its trace with it, before the first event is asked for.
    assert b"event: result" in await read(await api.post("/api/v1/tools/stream", body, headers=HERE))
    [span] = spans.get_finished_spans()
    assert of_whom(span) == (TRACE, SPAN)
    await read(await api.post("/api/v1/tools/stream", body))
    assert of_whom(spans.get_finished_spans()[-1])[1] is None, "the next request is on its own again"


async def test_calls_that_a_streaming_answer_makes_join_too(api, streaming, spans):
    body = {"tool": "relay", "payload": {"number": 4}}
    assert b"event: result" in await read(await api.post("/api/v1/tools/stream", body, headers=HERE))
    inner, outer = spans.get_finished_spans()
    assert of_whom(outer) == (TRACE, SPAN)
    assert of_whom(inner) == (TRACE, f"{outer.context.span_id:016x}")


async def test_without_a_key_nobody_writes_into_a_trace(api_as, spans):
    assert (await execute(api_as(""), HERE)).status_code in {401, 403}
    assert [span for span in spans.get_finished_spans() if span.parent] == []
