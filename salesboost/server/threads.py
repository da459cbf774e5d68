"""Threads for what of a request is not async, lent from one request to the next.

Django gives each request a thread of its own, and ends that with another one: a quarter of the time that a small
request takes.
"""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from asgiref.sync import SyncToAsync, ThreadSensitiveContext
from django.core.handlers.asgi import ASGIHandler

# More wait for nobody: so many requests are seldom answered at a time.
MOST_WAITING = 16
_waiting: list[Executor] = []


class Handler(ASGIHandler):
    """Django's, but for where the threads come from."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async with ThreadSensitiveContext() as request:
            with lent(request):
                await self.handle(scope, receive, send)


@contextmanager
def lent(request: ThreadSensitiveContext) -> Iterator[None]:
    """Have a thread that waits do what is not async of *request*; if none does, it gets one, which waits later.

    What *request* leaves behind has a thread of its own from then on, as it had before. asgiref's own way to lend
    one (``executor``) would refuse it.
    """
    threads = SyncToAsync.context_to_thread_executor
    if _waiting:
        threads[request] = _waiting.pop()
    try:
        yield
    finally:
        if len(_waiting) < MOST_WAITING and (thread := threads.pop(request, None)) is not None:
            _waiting.append(thread)
