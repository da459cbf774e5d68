"""A stream as server-sent events: ``chunk``, then ``result`` or ``error`` (a problem document)."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any

from django.http import StreamingHttpResponse
from pydantic_core import to_json

from tools.calls.call import LimitLeft, ToolResult
from tools.calls.chunks import Chunk
from tools.errors import ToolError
from tools.models import Scope
from tools.running.streaming.delivery import Streamed
from tools.web.access import Client
from tools.web.problem import as_problem
from tools.web.rate_limits import limits_of, rate_limit_headers
from tools.web.sockets.doorkeeper import DOORKEEPER
from tools.web.sockets.tickets import Ticket

# Proxies and clients give up on a connection on which nothing comes.
HEARTBEAT_S = 15.0
# Headers tell of limits where that is known so soon: shared state is asked in milliseconds.
HEADERS_S = 1.0
Stream = Streamed | AsyncGenerator[Any]
Right = AbstractAsyncContextManager[asyncio.Future[ToolError]]  # as Doorkeeper.watched gives it


def may_run(client: Client) -> None:
    """Raises NotAuthorized unless *client* may run tools."""
    client.need(Scope.EXECUTE)


class Limits:
    """What is left of what one call is counted by, once it is known."""

    def __init__(self) -> None:
        self.known: asyncio.Future[Sequence[LimitLeft]] = asyncio.get_running_loop().create_future()

    def hear(self, left: Sequence[LimitLeft]) -> None:
        """The executor's word; the first, for a call that replaces a stale result is counted again."""
        if not self.known.done():
            self.known.set_result(left)


def event(item: object) -> bytes:
    """What a tool's call tells, as an event."""
    if isinstance(item, Chunk):
        return named(b"chunk", item.as_dict())
    if isinstance(item, ToolError):
        return named(b"error", as_problem(item))
    assert isinstance(item, ToolResult)
    return named(b"result", item.as_dict())


def named(name: bytes, content: object) -> bytes:
    """An event *name*. JSON has no line breaks of its own, so *content* is one line of data."""
    return b"event: %s\ndata: %s\n\n" % (name, to_json(content, inf_nan_mode="null"))


async def stream_response(
    stream: Stream, ticket: Ticket, limits: Limits, written: Callable[[Any], bytes] = event
) -> StreamingHttpResponse:
    """*stream* as an answer that no proxy holds back. It ends when the client goes away, or what let it in.

    *written* makes an event of what comes; an error is one in any case.

    The call begins now, and its headers wait for what *limits* hear, or for the first that comes; not for long, as
    a call that is to get the result of an equal one is not counted before that has ended.
    """
    coming = asyncio.ensure_future(_next(stream))
    either: list[asyncio.Future[Any]] = [coming, limits.known]
    try:
        await asyncio.wait(either, timeout=HEADERS_S, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        coming.cancel()
        await asyncio.wait([coming])
        raise
    left = limits.known.result() if limits.known.done() else limits_of(coming.result() if coming.done() else None)
    content = events(stream, DOORKEEPER.watched(ticket, may_run), HEARTBEAT_S, coming, written)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", **rate_limit_headers(left)}
    return StreamingHttpResponse(content, content_type="text/event-stream", headers=headers)


async def events(
    stream: Stream,
    right: Right,
    heartbeat_s: float,
    coming: "asyncio.Future[Any] | None" = None,
    written: Callable[[Any], bytes] = event,
) -> AsyncIterator[bytes]:
    """The events of *stream* while the *right* to it lasts; a comment where there was none for *heartbeat_s*.

    *coming* is what comes first, where somebody waits for it already.
    """
    async with aclosing(stream):
        try:
            yield b": the call is made\n\n"  # with it the headers go out
            async with right as gone:
                while True:
                    coming = coming or asyncio.ensure_future(_next(stream))
                    either: list[asyncio.Future[Any]] = [coming, gone]
                    await asyncio.wait(either, timeout=heartbeat_s, return_when=asyncio.FIRST_COMPLETED)
                    if gone.done():
                        raise gone.result()
                    if not coming.done():
                        yield b": still at work\n\n"
                        continue
                    item, coming = coming.result(), None
                    if item is None:
                        return
                    yield event(item) if isinstance(item, ToolError) else written(item)
        except ToolError as error:
            yield event(error)
        finally:
            if coming is not None:
                coming.cancel()
                await asyncio.wait([coming])


async def _next(stream: Stream) -> Chunk | object | None:
    """What comes next, an error being one of these; None after the end."""
    try:
        return await anext(stream)
    except StopAsyncIteration:
        return None
    except ToolError as error:
        return error
