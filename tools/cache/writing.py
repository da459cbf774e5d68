"""A call that writes drops what was read from the same: at once in this process, and in all by shared state."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from telemetry.semconv import Outcome
from tools.calls.call import Next, ToolCall, ToolResult
from tools.errors import ToolError
from tools.state.base import ALL_RESULTS, Dropped, HearDropped
from tools.state.reporter import Reporter

logger = logging.getLogger(__name__)
# After these nobody knows whether something was written.
UNCERTAIN = frozenset({Outcome.TIMEOUT, Outcome.PROVIDER, Outcome.TOOL_BUG})


class Writing:
    """*drop* forgets a tag in this process."""

    def __init__(self, drop: HearDropped, reporter: Reporter) -> None:
        self._drop = drop
        self._reporter = reporter

    async def write(self, call: ToolCall, call_next: Next) -> ToolResult:
        """Run *call*; before its result is returned, no later call of this process reads what it changed."""
        try:
            result = await call_next(call)
        except ToolError as error:
            if error.layer in UNCERTAIN:
                self._forget(call, None)
            raise
        except asyncio.CancelledError:
            self._forget(call, None)
            raise
        self._forget(call, result.result)
        return result

    def _forget(self, call: ToolCall, result: Any) -> None:
        writes: Callable[..., Any] | None = call.tool.cache.writes
        try:
            tags = tuple(writes(call.arguments, result)) if writes else ()
        except Exception:
            logger.exception("%s says not what it writes, so no result is kept", call.tool.name)
            tags = (ALL_RESULTS,)
        for tag in tags:
            self._drop(tag)
        if tags:
            self._reporter.add(Dropped(tags))
