"""A synchronous generator, run in one thread from its beginning to its end."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextvars import copy_context
from functools import partial
from typing import Any

from django.db import close_old_connections

from tools.calls import cancellation
from tools.calls.chunks import Stream
from tools.process.threads import ToolThreads


async def from_thread(threads: ToolThreads, generator: Generator[Any, None, None]) -> AsyncGenerator[Any, None]:
    """What *generator* yields. One thread, so that a database cursor may be read chunk by chunk.

    The generator is one chunk ahead at most. When this is closed, it is closed too, at its next ``yield``.
    """
    handed = Stream(1)
    drive = partial(_drive, generator, handed, asyncio.get_running_loop())
    work = threads.submit(partial(copy_context().run, drive))
    done = asyncio.wrap_future(work)
    done.add_done_callback(lambda _: handed.end())
    try:
        while True:
            try:
                yield await handed.receive()
            except StopAsyncIteration:
                await done
                return
    finally:
        handed.close()
        if not done.done():
            done.cancel()
            if token := cancellation.find():
                token.cancel()
        threads.abandon(work)


def _drive(generator: Generator[Any, None, None], handed: Stream, loop: asyncio.AbstractEventLoop) -> None:
    close_old_connections()
    try:
        for chunk in generator:
            asyncio.run_coroutine_threadsafe(handed.send(chunk), loop).result()
    finally:
        generator.close()
        close_old_connections()
