"""The process's side: Chat Completions over HTTP, at a socket that only this user's processes may reach."""

import asyncio
import contextlib
import json
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from aiohttp import web

from tools.llm.litellm_process import asking
from tools.llm.litellm_process.errors import told
from tools.llm.litellm_process.starting import API_BASE

MAX_BODY_BYTES = 64 << 20
LOOK_EVERY_S = 1.0
# What is under way when the process is asked to end has so long.
LAST_ANSWERS_S = 2.0


@dataclass
class Work:
    """What is under way, and since when nothing is."""

    clock: Callable[[], float] = time.monotonic
    busy: int = 0
    idle_since: float = field(default=0.0)

    def __post_init__(self) -> None:
        self.idle_since = self.clock()

    @contextlib.contextmanager
    def one_more(self) -> Iterator[None]:
        self.busy += 1
        try:
            yield
        finally:
            self.busy -= 1
            self.idle_since = self.clock()

    def is_idle_for(self, seconds: float) -> bool:
        return not self.busy and self.clock() - self.idle_since >= seconds


WORK = web.AppKey("work", Work)


async def answer(request: web.Request) -> web.StreamResponse:
    """One question, answered as a vendor of Chat Completions does; who goes away ends the vendor's request."""
    with request.app[WORK].one_more():
        body = json.loads(await request.read())
        key = request.headers.get("Authorization", "").removeprefix("Bearer ")
        base = request.headers.get(API_BASE, "")
        if body.get("stream"):
            return await streamed(request, body, key, base)
        try:
            document = await asking.whole(body, key, base)
        except Exception as error:
            return refused(error, key)
        return web.Response(body=json.dumps(document), content_type="application/json")


async def streamed(request: web.Request, body: dict[str, object], key: str, base: str) -> web.StreamResponse:
    """The answer in events. What fails before the first of them has a status."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    async with contextlib.aclosing(asking.pieces(body, key, base)) as pieces:
        try:
            async for piece in pieces:
                if not response.prepared:
                    await response.prepare(request)
                await response.write(event(piece))
        except ConnectionError:
            raise
        except Exception as error:
            if not response.prepared:
                return refused(error, key)
            await response.write(event(told(error, key).document))
    if not response.prepared:
        await response.prepare(request)
    await response.write_eof(b"data: [DONE]\n\n")
    return response


def refused(error: Exception, key: str) -> web.Response:
    said = told(error, key)
    return web.Response(status=said.status, body=said.body, headers=said.headers)


def event(document: object) -> bytes:
    return b"data: " + json.dumps(document).encode() + b"\n\n"


async def serve(listens: socket.socket, idle_s: float, ended: asyncio.Event) -> None:
    """Answer at *listens* until *ended*, or until nobody has asked anything for *idle_s*."""
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app[WORK] = Work()
    app.router.add_post("/chat/completions", answer)
    # No log of requests; a client that is gone ends what was done for it.
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=LAST_ANSWERS_S)
    await runner.setup()
    await web.SockSite(runner, listens).start()
    while not ended.is_set() and not app[WORK].is_idle_for(idle_s):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), min(LOOK_EVERY_S, idle_s))
    await runner.cleanup()


async def follow_parent(ended: asyncio.Event) -> None:
    """Set *ended* when the process at the other end of our standard input is gone."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
    ended.set()
