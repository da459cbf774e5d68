"""Asks shared state once for a call, whichever stage needs the answer first."""

from dataclasses import replace

from tools.call import ToolCall
from tools.state.base import Claim, Question, SharedState
from tools.state.reporter import Reporter


class Admissions:
    """Puts one question for cache, breaker and limiter together, so that a call waits for one round trip."""

    def __init__(
        self, state: SharedState, reporter: Reporter, *, rate_limit: bool = True, retry_attempts: int = 1
    ) -> None:
        self._state = state
        self._reporter = reporter
        self._rate_limit = rate_limit
        self._retry_attempts = retry_attempts

    async def ask(self, call: ToolCall, cache_key: str = "", claim: Claim | None = None) -> ToolCall:
        """*call* with its admission."""
        await self.settle(call)
        policy = call.policy
        question = Question(
            tool=call.tool.name,
            cache_key=cache_key,
            claim=claim,
            rate=policy.rate if self._rate_limit else None,
            # A probe whose process died must not keep the tool closed for longer than it could have run.
            probe_lease_s=policy.timeout_s * self._retry_attempts + policy.breaker.cooldown_s,
        )
        return replace(call, admission=await self._state.ask(question))

    async def settle(self, call: ToolCall) -> None:
        """Let the failures of calls that ended before this one be counted first."""
        await self._reporter.settled(call.tool.name)
