"""Notices that breakers change, here or in another process, and that shared state goes away or comes back."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from tools.definition.policy import ToolPolicy
from tools.definition.tool import ToolDefinition
from tools.notifications.dispatch import Hooks
from tools.notifications.hooks import StateChanged
from tools.state.base import SharedState

# States are known without asking anybody, so that looking costs microseconds. A breaker's rest ends by the clock,
# without anything happening, which is why they are looked at rather than listened to.
LOOK_EVERY_S = 0.05


class StateWatch:
    """Tells hooks of each difference between one look and the next; the first look differs from calm."""

    def __init__(
        self,
        state: SharedState,
        tools: Iterable[ToolDefinition[..., Any]],
        policies: Callable[[ToolDefinition[..., Any]], ToolPolicy],
        hooks: Hooks,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._state = state
        self._tools = tools
        self._policies = policies
        self._hooks = hooks
        self._sleep = sleep
        self._seen: dict[str, str] = {}

    async def run(self) -> None:
        """Look for ever."""
        while True:
            self.look()
            await self._sleep(LOOK_EVERY_S)

    def look(self) -> None:
        """Tell what changed since the last look."""
        away = getattr(self._state, "degraded_since", None) is not None
        self._compare("", "own" if away else "shared", "shared")
        for tool in self._tools:
            hold = self._policies(tool).breaker_hold
            now = f"held_{hold}" if hold else self._state.breaker_state(tool.name)
            self._compare(tool.name, str(now), "closed")

    def _compare(self, tool: str, now: str, calm: str) -> None:
        was = self._seen.get(tool, calm)
        if now != was:
            self._seen[tool] = now
            self._hooks.tell("on_state_change", StateChanged(tool, was, now))
