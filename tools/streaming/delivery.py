"""What ``executor.stream`` gives: the chunks of a call as they come, then its result."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

from tools.call import ToolResult
from tools.streaming.chunks import Chunk, Stream

Streamed = AsyncGenerator[Chunk | ToolResult, None]


async def delivered(execute: Callable[[Stream], Awaitable[ToolResult]], *, in_chunks: bool) -> Streamed:
    """Chunks, then the result of *execute*, which is given where to send them.

    Chunks that were not made by this call, because its result was kept from another, are replayed. Whoever closes
    this, or is cancelled in it, cancels the call.
    """
    stream = Stream()
    call = asyncio.ensure_future(execute(stream))
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
