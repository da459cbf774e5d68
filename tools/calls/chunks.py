"""Chunks on their way from a tool to its caller."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any

# So many may wait for the caller; then the tool waits.
MOST_WAITING = 16


@dataclass(frozen=True, slots=True)
class Chunk:
    """One piece of a tool's answer. ``value`` is JSON-ready; the pieces of a call are counted from 0."""

    tool: str
    tool_call_id: str
    index: int
    value: Any

    def as_dict(self) -> dict[str, Any]:
        """The shape in which SSE and WebSocket send it."""
        return {"tool": self.tool, "tool_call_id": self.tool_call_id, "index": self.index, "chunk": self.value}


class StreamClosed(Exception):
    """Nobody takes what is sent any more."""


class Stream:
    """A bounded queue with one sender and one receiver, both on one event loop."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._waiting: deque[Any] = deque()
        self._room = asyncio.Semaphore(most)
        self._news = asyncio.Event()
        self._ended = self._closed = False
        self.sent = 0

    async def send(self, item: Any) -> None:
        """Hand *item* over, as soon as there is room. Raises StreamClosed."""
        await self._room.acquire()
        if self._closed:
            self._room.release()
            raise StreamClosed
        self._waiting.append(item)
        self.sent += 1
        self._news.set()

    async def receive(self) -> Any:
        """The next item. Raises StopAsyncIteration after the last one."""
        while not self._waiting:
            if self._ended:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        self._room.release()
        return self._waiting.popleft()

    def end(self) -> None:
        """Nothing more will be sent."""
        self._ended = True
        self._news.set()

    def close(self) -> None:
        """Nothing more will be received."""
        self._closed = True
        self._room.release()
