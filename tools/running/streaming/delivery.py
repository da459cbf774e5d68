"""What ``executor.stream`` gives: the chunks of a call as they come, then its result."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextvars import Context
from typing import Any

from tools.calls.call import ToolResult
from tools.calls.chunks import Chunk, Stream

Streamed = AsyncGenerator[Chunk | ToolResult, None]


async def delivered(
    execute: Callable[[Stream], Coroutine[Any, Any, ToolResult]], *, in_chunks: bool, context: Context
) -> Streamed:
    """Chunks, then the result of *execute*, which is given where to send them and runs in *context*.

    Chunks that were not made by this call, because its result was kept from another, are replayed. Whoever closes
    this, or is cancelled in it, cancels the call.
    """
    stream = Stream()
    call = asyncio.get_running_loop().create_task(execute(stream), context=context)
    call.add_done_callback(lambda _: stream.end())
    try:
        while True:
            try:
                yield await stream.receive()
            except StopAsyncIteration:
                break
        result = call.result()
        if in_chunks:
            for index, value in enumerate(result.result[stream.sent :], stream.sent):
                yield Chunk(result.tool, result.tool_call_id, index, value)
        yield result
    finally:
        stream.close()
        call.cancel()
        await asyncio.wait([call])
        if not call.cancelled():
            call.exception()  # seen: nobody is left to be told
