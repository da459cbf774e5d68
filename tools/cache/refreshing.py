"""Stale while revalidate: whoever is given a stale result leaves one call behind that fetches it anew."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

from tools.calls.call import ToolCall, ToolResult, new_tool_call_id
from tools.errors import ToolError

Again = Callable[[ToolCall], Awaitable[ToolResult]]


class Refreshing:
    """Runs on the event loop of the call that was given the stale result; if that ends, another one refreshes.

    A refresh is a call of its own: it has a span, and counts against the limits of the caller that it is made for,
    as that caller's call would have without a stale result.
    """

    def __init__(self, clock: Callable[[], float], again: Again) -> None:
        """*again* puts a call through the whole pipeline."""
        self._clock = clock
        self._again = again
        self._running: set[asyncio.Task[None]] = set()

    def begin(self, call: ToolCall, since_s: float) -> None:
        """Fetch the result of *call* anew; it was given a stale one at *since_s*."""
        began = self._clock()
        refresh = replace(
            call,
            tool_call_id=new_tool_call_id(),
            arguments={},
            admission=None,
            status_callback=None,
            stream=None,
            began=began,
            deadline=began + call.policy.deadline_s,
            hurried=False,
            refreshes_since_s=since_s,
        )
        task = asyncio.create_task(self._run(refresh))
        self._running.add(task)  # the loop itself holds no more than a weak reference
        task.add_done_callback(self._running.discard)

    async def _run(self, refresh: ToolCall) -> None:
        with suppress(ToolError):  # it stands on the span
            await self._again(refresh)
