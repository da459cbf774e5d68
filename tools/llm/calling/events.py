"""The events of a stream, each no longer than any model writes, and the end of it that nobody waits for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
from httpx_sse import EventSource, ServerSentEvent

from tools.llm.adapters.errors import ErrorKind, ModelError

# More than any model writes at once. What sends more is no model's interface.
MAX_ANSWER_BYTES = 8 << 20
MAX_STREAM_BYTES = 64 << 20  # each word of a stream has some hundred bytes around it
MAX_REST_S = 0.5


def events_of(response: httpx.Response) -> AsyncIterator[ServerSentEvent]:
    """What *response* streams. Raises ModelError for a line or a stream without end."""
    # The standard has one mark at the start left out, and the library does not; it takes no other type than this.
    headers = {"content-type": "text/event-stream; charset=utf-8-sig"}
    return EventSource(httpx.Response(200, headers=headers, content=bounded(response))).aiter_sse()


async def bounded(response: httpx.Response) -> AsyncIterator[bytes]:
    """The bytes of *response*. Raises ModelError for a line of more than an answer's, or too many in all."""
    size = line = 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        ended = piece.rfind(b"\n")
        line = line + len(piece) if ended < 0 else len(piece) - ended - 1
        if line > MAX_ANSWER_BYTES:
            raise too_long(MAX_ANSWER_BYTES)
        if size > MAX_STREAM_BYTES:
            raise too_long(MAX_STREAM_BYTES)
        yield piece


async def to_the_end(events: AsyncIterator[ServerSentEvent]) -> None:
    """Read what is left behind the last event, as only then another request can have the connection.

    Nobody waits for it long, and whatever happens here, the answer is whole.
    """
    with suppress(TimeoutError, httpx.HTTPError, ModelError):
        async with asyncio.timeout(MAX_REST_S):
            await anext(events, None)


async def read(response: httpx.Response, most: int) -> bytes:
    """All of *response*. Raises ModelError for more than *most* bytes."""
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > most:
            raise too_long(most)
    return bytes(body)


def too_long(most: int) -> ModelError:
    return ModelError(ErrorKind.UNREADABLE, f"The vendor's answer is longer than {most >> 20} MB")
