"""Answers from kept results, and keeps new ones; what is done for that stands in ``tools.cache``."""

from collections.abc import Awaitable, Callable
from functools import partial

from tools.cache.answers import given, shared, waited_too_long
from tools.cache.fetching import Fetching
from tools.cache.flights import Flights
from tools.cache.key import cache_key
from tools.cache.looking import Looking
from tools.cache.process import ProcessResults
from tools.cache.refreshing import Again, Refreshing
from tools.cache.semantic.likeness import Likeness
from tools.cache.writing import Writing
from tools.calls.call import Next, ToolCall, ToolResult
from tools.notifications.dispatch import NO_HOOKS, Hooks
from tools.running.admissions import Admissions
from tools.state.base import Look, SharedState
from tools.state.reporter import Reporter


class Caching:
    """The process first, then an equal call that runs already, then shared state, then the tool."""

    def __init__(
        self,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        state: SharedState,
        admissions: Admissions,
        reporter: Reporter,
        again: Again,
        hooks: Hooks = NO_HOOKS,
    ) -> None:
        self._clock = clock
        self._looking = Looking(reporter, hooks)
        self._process = ProcessResults(clock)
        self._flights = Flights()
        refreshing = Refreshing(clock, again)
        self._fetching = Fetching(clock, sleep, self._process, admissions, self._looking, refreshing, Likeness())
        self._writing = Writing(self._drop, reporter)
        state.hear_dropped(self._drop)

    async def __call__(self, call: ToolCall, call_next: Next) -> ToolResult:
        rules = call.tool.cache
        if (
            call.policy.cache_ttl_s <= 0
            or call.idempotency_key  # whoever sends a key wants the call made
            or (rules.when is not None and not rules.when(call.arguments))
        ):
            if rules.writes is None:
                return await call_next(call)
            return await self._writing.write(call, call_next)
        key = cache_key(call)
        if call.refreshes_since_s:
            return await self._fetching.run(call, call_next, key, self._process.drops)
        near = self._process.get(key)
        if near is not None:
            self._looking.answered(call, key, Look.PROCESS)
            return given(call, near.value, "hit")
        return await self._joined(call, call_next, key)

    async def _joined(self, call: ToolCall, call_next: Next, key: str) -> ToolResult:
        lead = partial(self._fetching.fetch, call, call_next, key)
        try:
            result = await self._flights.join(key, lead, call.deadline - self._clock())
        except TimeoutError:
            raise waited_too_long(call) from None
        if isinstance(result, ToolResult):
            return result
        self._looking.answered(call, key, Look.JOINED)
        return shared(call, result.ending)

    def _drop(self, tag: str) -> None:
        self._process.drop(tag)
        self._flights.forget()
