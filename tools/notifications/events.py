"""Tool events: what an application is told while a call runs, by callback and over ``/ws/chat``.

A consumer of a session joins ``session_group(session_id)`` and gets channel-layer messages
``{"type": "tool.status", "event": <the event>, "sender": <who had the call made>}``, so its handler is called
``tool_status``. A session's name is no secret: whoever joins passes on only what its client may hear.
"""

import asyncio
import hashlib
import inspect
import logging
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from channels.layers import get_channel_layer

from telemetry.redaction import redact
from tools.calls.call import ToolCall, ToolResult
from tools.errors import ToolError
from tools.process.background import BackgroundLoop

logger = logging.getLogger(__name__)
PREVIEW_CHARS = 200
MAX_WAITING = 1000
SEND_TIMEOUT_S = 2.0


def session_group(session_id: str) -> str:
    """The channel-layer group of a session. Hashed: a group's name may hold few characters, and ids any."""
    return f"tools.session.{hashlib.sha256(session_id.encode()).hexdigest()[:32]}"


def tool_status(
    call: ToolCall,
    status: str,
    *,
    result: ToolResult | None = None,
    error: ToolError | None = None,
    ms: float = 0.0,
) -> dict[str, Any]:
    """The event ``started``, ``completed`` or ``failed`` of *call*."""
    return {
        "event": "tool_status",
        "data": {
            "tool_name": call.requested or call.tool.name,
            "status": status,
            "tool_call_id": call.tool_call_id,
            "caller_role": call.caller.role,
            "latency_ms": None if status == "started" else round(ms, 3),
            "cached": bool(result and result.cached),
            "retry_count": result.retry_count if result else error.retry_count if error else 0,
            "result_preview": _preview(result) if result else None,
            "error": redact(error.detail) if error else None,
        },
        "timestamp": datetime.now(UTC).isoformat(),
    }


def _preview(result: ToolResult) -> str:
    # Cut generously, redact, then cut: no half of a secret is left over.
    text = redact(result.encoded[: PREVIEW_CHARS * 8].decode(errors="ignore"))
    return text if len(text) <= PREVIEW_CHARS else text[: PREVIEW_CHARS - 1] + "…"


class Events:
    """Tells a call's callback, and its session's group in the background. Never fails or delays the call."""

    def __init__(self, background: BackgroundLoop, get_layer: Callable[[], Any] = get_channel_layer) -> None:
        self._background = background
        self._get_layer = get_layer
        self._waiting: deque[tuple[str, dict[str, Any]]] = deque()
        # The loop that was asked to send, and the one that does; a fork or a restart leaves either behind.
        self._asked: asyncio.AbstractEventLoop | None = None
        self._sending: asyncio.AbstractEventLoop | None = None
        self._away = False
        self.dropped = 0

    def wanted(self, call: ToolCall) -> bool:
        # A refresh is a call that nobody in the session has made.
        return call.status_callback is not None or bool(call.caller.session_id and not call.refreshes_since_s)

    async def tell(self, call: ToolCall, event: dict[str, Any]) -> None:
        """Publish *event*, then hand it to the call's callback."""
        self.publish(call, event)
        if call.status_callback is None:
            return
        try:
            answer = call.status_callback(event)
            if inspect.isawaitable(answer):
                await answer
        except Exception:
            logger.exception("the status callback of %s failed", call.tool_call_id)

    def publish(self, call: ToolCall, event: dict[str, Any]) -> None:
        """Send *event* to those who watch the call's session."""
        if not call.caller.session_id:
            return
        if len(self._waiting) >= MAX_WAITING:
            self.dropped += 1
            return
        message = {"type": "tool.status", "event": event, "sender": call.caller.sender}
        self._waiting.append((session_group(call.caller.session_id), message))
        if self._asked is None or self._asked is not self._background.running:
            self._asked = self._background.loop
            self._background.submit(self._send_waiting())

    async def _send_waiting(self) -> None:
        """One after the other, so that a session hears of a call's start before its end."""
        loop = asyncio.get_running_loop()
        if self._sending is loop:  # it will send that too: two of them would overtake each other
            return
        self._sending = loop
        try:
            while True:
                while self._waiting:
                    await self._send(*self._waiting.popleft())
                self._asked = None
                # What came before that line asked nobody; what comes after it does.
                if not self._waiting:
                    return
        finally:
            if self._sending is loop:  # another one sends, if this is of before a restart
                self._sending = None

    async def _send(self, group: str, message: dict[str, Any]) -> None:
        try:
            layer = self._get_layer()
            if layer is not None:
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await layer.group_send(group, message)
            self._away = False
        except Exception as error:
            self.dropped += 1
            if not self._away:
                logger.warning("tool events are dropped while the channel layer is away: %r", error)
            self._away = True
