"""Runs a tool that is a generator: its chunks go to the caller as they come, and together they are its result."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing
from typing import Any

from opentelemetry import trace
from pydantic_core import PydanticSerializationError, from_json, to_json

from telemetry import semconv
from tools.calls.call import ToolCall, ToolResult
from tools.calls.cancellation import is_cancelled
from tools.calls.chunks import Chunk
from tools.errors import ToolBug, ToolTimeout
from tools.process.threads import ToolThreads
from tools.running.streaming.threaded import from_thread

# Of one call's chunks together: they are kept until its end, and a server may hold them for a slow client.
MAX_BYTES = 16_000_000


class Gathering:
    """The chunks of one attempt."""

    def __init__(self, call: ToolCall, clock: Callable[[], float]) -> None:
        self._call = call
        self._clock = clock
        self._encoded: list[bytes] = []
        self._values: list[Any] = []
        self._bytes = 0
        self._first_at: float | None = None

    async def result(self, generator: AsyncGenerator[Any, None]) -> ToolResult:
        """All that *generator* yields. ``timeout_s`` is of each chunk, not of who receives it."""
        try:
            async with aclosing(generator):
                while True:
                    try:
                        async with asyncio.timeout(self._call.policy.timeout_s) as limit:
                            chunk = await anext(generator)
                    except StopAsyncIteration:
                        return self._together()
                    except TimeoutError:
                        if limit.expired():
                            raise self._too_slow() from None
                        raise
                    if is_cancelled():
                        raise asyncio.CancelledError  # the tool took no notice
                    await self._take(chunk)
        finally:
            self._record()

    async def _take(self, chunk: Any) -> None:
        call = self._call
        try:
            encoded = to_json(chunk, inf_nan_mode="null")
        except PydanticSerializationError as error:
            said = f"{call.tool.name!r} yielded a {type(chunk).__name__}, which cannot be sent as JSON."
            raise ToolBug(said) from error
        self._bytes += len(encoded)
        if self._bytes > MAX_BYTES:
            raise ToolBug(
                f"{call.tool.name!r} yielded more than {MAX_BYTES:,} bytes in one call.",
                code="stream_too_long",
                hint="ask for less at once",
            )
        if self._first_at is None:
            self._first_at = self._clock()
        self._encoded.append(encoded)
        self._values.append(from_json(encoded))
        if call.stream is not None:
            index = len(self._values) - 1
            await call.stream.send(Chunk(call.tool.name, call.tool_call_id, index, self._values[index]))

    def _together(self) -> ToolResult:
        call = self._call
        encoded = b"[" + b",".join(self._encoded) + b"]"
        return ToolResult(
            tool=call.tool.name, tool_call_id=call.tool_call_id, result=self._values, encoded=encoded
        )

    def _too_slow(self) -> ToolTimeout:
        timeout_s, index = self._call.policy.timeout_s, len(self._values)
        return ToolTimeout(f"{self._call.tool.name!r} did not yield chunk {index} within {timeout_s:g} s.")

    def _record(self) -> None:
        span = trace.get_current_span()
        span.set_attribute(semconv.STREAM_CHUNKS, len(self._values))
        if self._first_at is not None:
            span.set_attribute(semconv.TIME_TO_FIRST_CHUNK, round(self._first_at - self._call.began, 6))


async def gathered(
    call: ToolCall,
    generator: AsyncGenerator[Any, None] | Generator[Any, None, None],
    threads: ToolThreads,
    clock: Callable[[], float],
) -> ToolResult:
    """The chunks of *generator* as one list, each sent to ``call.stream`` when it comes."""
    chunks = generator if isinstance(generator, AsyncGenerator) else from_thread(threads, generator)
    return await Gathering(call, clock).result(chunks)
