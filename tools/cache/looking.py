"""Tells how calls that looked into the cache were answered: to the statistics, and to whoever listens."""

from tools.calls.call import ToolCall
from tools.notifications.dispatch import Hooks
from tools.notifications.hooks import CacheLooked
from tools.state.base import ALL_RESULTS, Look, Looked
from tools.state.reporter import Reporter


class Looking:
    """One for all the ways in which a call may be answered."""

    def __init__(self, reporter: Reporter, hooks: Hooks) -> None:
        self._reporter = reporter
        self._hooks = hooks

    def answered(self, call: ToolCall, key: str, look: Look) -> None:
        """*call* was given the result kept under *key*."""
        self._reporter.add(Looked(call.tool.name, key, look))
        self.tell(call, "hit" if look is Look.PROCESS else look.value)

    def tell(self, call: ToolCall, found: str) -> None:
        """Let the hooks know at once what *call* found; "miss" is said before its tool runs."""
        if self._hooks.on_cache:
            self._hooks.tell("on_cache", CacheLooked(call, found))

    def ran(self, looked: Looked) -> None:
        """A call has run its tool; *looked* holds what is to be kept."""
        self._reporter.add(looked)

    async def settled(self) -> None:
        """Return when what this process has written is dropped in all: at once, most of the time."""
        await self._reporter.settled(ALL_RESULTS)
