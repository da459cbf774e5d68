"""What a call does that its process cannot answer: it asks shared state, else runs its tool."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from tools.cache.answers import given
from tools.cache.keeping import with_failure, with_result
from tools.cache.looking import Looking
from tools.cache.process import Near, ProcessResults
from tools.cache.refreshing import Refreshing
from tools.cache.semantic.likeness import Likeness
from tools.calls.call import Next, ToolCall, ToolResult
from tools.errors import ToolError
from tools.running.admissions import Admissions
from tools.state.base import Look, Looked, Lookup

# A call waits for another process's that fetches the same for at most this share of its timeout, then runs.
PATIENCE = 0.5
FIRST_PAUSE_S = 0.01
LONGEST_PAUSE_S = 0.1


class Fetching:
    """One awaited round trip before the tool runs; more only while another process runs the same call."""

    def __init__(
        self,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        process: ProcessResults,
        admissions: Admissions,
        looking: Looking,
        refreshing: Refreshing,
        likeness: Likeness,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._process = process
        self._admissions = admissions
        self._looking = looking
        self._refreshing = refreshing
        self._likeness = likeness

    async def fetch(self, call: ToolCall, call_next: Next, key: str) -> ToolResult:
        """The result of *call*, from shared state or its tool."""
        since = self._process.drops
        like = await self._likeness.like(call) if call.tool.cache.semantic else {}
        call = await self._admitted(call, key, tuple(like))
        assert call.admission is not None
        found = call.admission.found
        if found is None:
            self._looking.tell(call, Look.MISS.value)
            return await self.run(call, call_next, key, since)
        if found.fresh_s > 0:
            ends_at = self._clock() + found.fresh_s
            self._process.keep(key, Near(call.tool.name, found.value, ends_at, found.tags), since)
        look = Look.STALE if found.fresh_s <= 0 else Look.HIT if found.key == key else Look.SEMANTIC
        self._looking.answered(call, found.key, look)
        if found.refresh:
            self._refreshing.begin(call, call.admission.at_s)
        if look is Look.SEMANTIC:
            self._likeness.note(like[found.key])
        return given(call, found.value, look.value)

    async def _admitted(self, call: ToolCall, key: str, like: tuple[str, ...]) -> ToolCall:
        """*call* with its admission, once no other process fetches the same, or it has waited long enough."""
        policy = call.policy
        lookup = Lookup(key, like, claim_s=policy.deadline_s)
        await self._looking.settled()
        call = await self._admissions.ask(call, lookup)
        pause_s, until = FIRST_PAUSE_S, min(self._clock() + policy.timeout_s * PATIENCE, call.deadline)
        while call.admission is not None and call.admission.fetched_elsewhere:
            if self._clock() >= until:
                return await self._admissions.ask(call, replace(lookup, claim_s=0.0))
            await self._sleep(pause_s)
            pause_s = min(pause_s * 1.5, LONGEST_PAUSE_S)
            call = await self._admissions.ask(call, lookup)
        return call

    async def run(self, call: ToolCall, call_next: Next, key: str, since: int) -> ToolResult:
        """Run the tool and keep what it answers; *since* is what the process had heard when the call began."""
        look = Look.REFRESH if call.refreshes_since_s else Look.MISS
        looked = Looked(call.tool.name, key, look)
        try:
            result = await call_next(call)
            looked = with_result(looked, call, result)
        except ToolError as error:
            error.cache = look.value
            looked = with_failure(looked, call, error)
            raise
        finally:
            self._leave(call, looked, since)
        return replace(result, cache=look.value)

    def _leave(self, call: ToolCall, looked: Looked, since: int) -> None:
        self._looking.ran(looked)
        if looked.value is not None:
            if call.tool.cache.semantic:
                self._likeness.learn(call, looked.key, looked.ttl_s)
            near = Near(looked.tool, looked.value, self._clock() + looked.ttl_s, looked.tags)
            self._process.keep(looked.key, near, since)
