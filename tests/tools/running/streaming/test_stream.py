"""Streaming tools through the executor."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing

import pytest

from telemetry import semconv
from tools import Caller, Injected, ToolError, tool
from tools.calls.cancellation import Cancellation
from tools.calls.chunks import MOST_WAITING
from tools.definition.policy import BreakerPolicy
from tools.errors import InvalidArguments, NotAuthorized, ProviderError, ToolBug, ToolTimeout
from tools.running.streaming import generators


@tool
async def count(to: int) -> AsyncIterator[int]:
    """Counts."""
    for number in range(to):
        yield number


@tool
async def double(number: int) -> int:
    """Twice the number."""
    return number * 2


async def test_chunks_come_first_and_the_result_last(make_executor, take, spans):
    chunks, result = await take(make_executor(count).stream(name="count", payload={"to": "3"}))
    assert (chunks, result.result, result.encoded) == ([0, 1, 2], [0, 1, 2], b"[0,1,2]")
    (span,) = spans.get_finished_spans()
    assert (span.attributes[semconv.STREAM_CHUNKS], span.attributes[semconv.TOOL_CALL_RESULT]) == (3, "[0,1,2]")
    assert span.attributes[semconv.TIME_TO_FIRST_CHUNK] == 0.0


async def test_a_chunk_comes_before_the_next_is_made(make_executor):
    go_on = asyncio.Event()

    @tool
    async def slow() -> AsyncIterator[str]:
        """Waits between."""
        yield "first"
        await go_on.wait()
        yield "second"

    async with aclosing(make_executor(slow).stream(name="slow", payload={})) as stream:
        assert (await anext(stream)).value == "first"
        go_on.set()
        assert (await anext(stream)).value == "second"


async def test_execute_gathers_the_chunks(make_executor):
    assert (await make_executor(count).execute(name="count", payload={"to": 2})).result == [0, 1]


async def test_a_tool_without_chunks_may_be_streamed_too(make_executor, take):
    chunks, result = await take(make_executor(double).stream(name="double", payload={"number": 4}))
    assert (chunks, result.result) == ([], 8)


async def test_the_time_to_the_first_chunk_is_that_from_the_start_of_the_call(make_executor, take, spans, clock):
    @tool(retries=1)
    async def second_time_lucky() -> AsyncIterator[int]:
        """Fails once."""
        clock.now += 2
        if next(failures):
            raise ProviderError("away", retry_after_s=3)
        yield 1

    failures = iter([True, False])
    await take(make_executor(second_time_lucky).stream(name="second_time_lucky", payload={}))
    (span,) = spans.get_finished_spans()
    assert span.attributes[semconv.TIME_TO_FIRST_CHUNK] == 7.0


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        ({"payload": {}, "caller_role": "coach"}, InvalidArguments),
        ({"payload": {"to": 1}, "caller_role": "guest"}, NotAuthorized),
    ],
    ids=["arguments", "role"],
)
async def test_a_refusal_comes_at_once_and_leaves_a_span(make_executor, take, spans, request_, kind):
    @tool(roles={"coach"})
    async def guarded(to: int) -> AsyncIterator[int]:
        """Counts."""
        yield to

    with pytest.raises(kind):
        await take(make_executor(guarded).stream(name="guarded", **request_))
    assert len(spans.get_finished_spans()) == 1


async def test_a_kept_result_is_replayed_in_chunks(make_executor, take):
    made = []

    @tool(cache_ttl_s=60)
    async def rare(to: int) -> AsyncIterator[int]:
        """Counts."""
        for number in range(to):
            made.append(number)
            yield number

    executor = make_executor(rare)
    await take(executor.stream(name="rare", payload={"to": 40}))
    await executor.flush()
    chunks, result = await take(executor.stream(name="rare", payload={"to": 40}))
    assert (chunks, result.cached, len(made)) == (list(range(40)), True, 40)


async def test_a_stale_result_is_replayed_while_a_new_one_is_fetched(make_executor, take, clock):
    @tool(cache_ttl_s=10, cache_stale_s=60)
    async def weather() -> AsyncIterator[str]:
        """Changes."""
        word = next(words)
        yield word
        yield word

    words = iter(["sun", "rain", "snow"])
    executor = make_executor(weather)

    async def read():
        chunks, _ = await take(executor.stream(name="weather", payload={}))
        await executor.flush()
        return chunks

    assert await read() == ["sun", "sun"]
    clock.now += 20
    assert await read() == ["sun", "sun"]
    for _ in range(1000):
        if (latest := await read()) != ["sun", "sun"]:
            break
    assert latest == ["rain", "rain"]


async def test_a_hedged_tool_is_not_run_twice_for_one_reader(make_executor, take):
    @tool(idempotent=True, hedge_after_s=0.001)
    async def steady(to: int) -> AsyncIterator[int]:
        """Counts."""
        started.append(to)
        for number in range(to):
            await asyncio.sleep(0)
            yield number

    started = []
    chunks, _ = await take(make_executor(steady).stream(name="steady", payload={"to": 20}))
    assert (chunks, started) == (list(range(20)), [20])


async def test_a_failure_after_the_first_chunk_is_not_tried_again(make_executor, spans):
    @tool(retries=2)
    async def breaks() -> AsyncIterator[int]:
        """Breaks off."""
        yield 1
        raise ProviderError("the line is dead")

    executor = make_executor(breaks)
    stream = executor.stream(name="breaks", payload={})
    assert (await anext(stream)).value == 1
    with pytest.raises(ProviderError) as caught:
        await anext(stream)
    assert caught.value.retry_count == 0
    assert spans.get_finished_spans()[0].attributes[semconv.STREAM_CHUNKS] == 1
    # Where nobody has seen a chunk, it is tried again.
    with pytest.raises(ProviderError) as caught:
        await executor.execute(name="breaks", payload={})
    assert caught.value.retry_count == 2


async def test_the_timeout_is_of_each_chunk_and_not_of_who_takes_them(make_executor, take):
    @tool(timeout_s=0.05)
    async def stalls(after: int) -> AsyncIterator[int]:
        """Stops talking."""
        for number in range(after):
            yield number
        await asyncio.Event().wait()

    stream = make_executor(stalls).stream(name="stalls", payload={"after": 1})
    assert (await anext(stream)).value == 0
    with pytest.raises(ToolTimeout, match=r"'stalls' did not yield chunk 1 within 0\.05 s"):
        await anext(stream)


async def test_a_slow_reader_makes_the_tool_wait_and_is_no_timeout(make_executor):
    made = []

    @tool(timeout_s=0.05)
    async def eager() -> AsyncIterator[int]:
        """As fast as it can."""
        for number in range(100):
            made.append(number)
            yield number

    async with aclosing(make_executor(eager).stream(name="eager", payload={})) as stream:
        assert (await anext(stream)).value == 0
        await asyncio.sleep(0.1)  # the reader takes longer than a chunk may
        assert len(made) <= MOST_WAITING + 2
        assert [item async for item in stream][-1].result == list(range(100))


async def test_the_deadline_is_of_the_whole_stream(make_executor, take):
    @tool
    async def endless() -> AsyncIterator[int]:
        """Never ends."""
        while True:
            await asyncio.sleep(0.001)
            yield 1

    with pytest.raises(ToolTimeout) as caught:
        await take(make_executor(endless).stream(name="endless", payload={}, deadline_s=0.05))
    assert caught.value.code == "deadline_exceeded"


@pytest.mark.parametrize("waits", [True, False], ids=["while it works", "while it waits for its reader"])
async def test_who_goes_away_cancels_the_generator(make_executor, spans, waits):
    ended = asyncio.Event()

    @tool
    async def endless() -> AsyncIterator[int]:
        """Never ends."""
        try:
            yield 0
            while True:
                await asyncio.Event().wait() if waits else None
                yield 1
        finally:
            ended.set()

    stream = make_executor(endless).stream(name="endless", payload={})
    await anext(stream)
    await stream.aclose()
    assert ended.is_set()
    (span,) = spans.get_finished_spans()
    assert span.attributes[semconv.ERROR_TYPE] == "cancelled"


async def test_a_reader_that_is_cancelled_cancels_the_generator(make_executor, spans):
    started, ended = asyncio.Event(), asyncio.Event()

    @tool
    async def stubborn() -> AsyncIterator[int]:
        """Takes no notice of its cancellation."""
        try:
            started.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                yield 1
                await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.ensure_future(anext(make_executor(stubborn).stream(name="stubborn", payload={})))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()
    assert spans.get_finished_spans()[0].attributes[semconv.ERROR_TYPE] == "cancelled"


async def test_an_error_in_the_generator_is_told_by_its_kind(make_executor, take):
    @tool(breaker=BreakerPolicy(failures=1))
    async def broken(*, caller: Injected[Caller]) -> AsyncIterator[str]:
        """Breaks."""
        yield caller.role
        raise KeyError("secret")

    executor = make_executor(broken)
    with pytest.raises(ToolBug, match="KeyError") as caught:
        await take(executor.stream(name="broken", payload={}))
    assert "secret" not in str(caught.value)
    with pytest.raises(ToolError) as caught:
        await take(executor.stream(name="broken", payload={}))
    assert caught.value.code == "breaker_open"


async def test_a_chunk_that_is_not_json_is_a_bug(make_executor, take):
    @tool
    async def odd() -> AsyncIterator[object]:
        """Yields an object."""
        yield object()

    with pytest.raises(ToolBug, match="'odd' yielded a object, which cannot be sent as JSON"):
        await take(make_executor(odd).stream(name="odd", payload={}))


async def test_a_stream_without_end_does_not_fill_the_memory(make_executor, take, monkeypatch):
    monkeypatch.setattr(generators, "MAX_BYTES", 1000)

    @tool
    async def much() -> AsyncIterator[str]:
        """Says much."""
        while True:
            yield "x" * 98

    with pytest.raises(ToolBug, match="more than 1,000 bytes in one call") as caught:
        await take(make_executor(much).stream(name="much", payload={}))
    assert caught.value.code == "stream_too_long"


async def test_a_synchronous_generator_runs_in_one_thread(make_executor, take):
    @tool
    def threads(to: int) -> Iterator[int]:
        """Says where it runs."""
        for _ in range(to):
            yield threading.get_ident()

    chunks, result = await take(make_executor(threads).stream(name="threads", payload={"to": 50}))
    assert len(set(chunks)) == 1
    assert chunks[0] != threading.get_ident()
    assert len(result.result) == 50


async def test_an_error_in_a_synchronous_generator_reaches_the_caller(make_executor, take):
    @tool
    def breaks() -> Iterator[int]:
        """Breaks off."""
        yield 1
        raise ProviderError("the line is dead")

    with pytest.raises(ProviderError, match="the line is dead"):
        await take(make_executor(breaks).stream(name="breaks", payload={}))


async def test_a_synchronous_generator_is_closed_when_its_reader_goes_away(make_executor):
    ended = threading.Event()

    @tool
    def endless() -> Iterator[int]:
        """Never ends."""
        try:
            while True:
                yield 1
        finally:
            ended.set()

    stream = make_executor(endless).stream(name="endless", payload={})
    await anext(stream)
    await stream.aclose()
    assert await asyncio.to_thread(ended.wait, 5)


async def test_a_synchronous_generator_that_is_too_slow_can_learn_of_it(make_executor):
    told = threading.Event()

    @tool(timeout_s=0.5)
    def slow(*, cancellation: Injected[Cancellation]) -> Iterator[int]:
        """Asks whether anybody waits."""
        yield 0
        if cancellation.wait(10):
            told.set()
        yield 1

    stream = make_executor(slow).stream(name="slow", payload={})
    assert (await anext(stream)).value == 0
    with pytest.raises(ToolTimeout, match="chunk 1"):
        await anext(stream)
    assert await asyncio.to_thread(told.wait, 5)
