"""Refuses calls beyond a tool's rate."""

from tools.call import Next, ToolCall, ToolResult
from tools.errors import RateLimited
from tools.state.admissions import Admissions


class RateLimit:
    """A token bucket a tool, shared by all processes."""

    def __init__(self, admissions: Admissions, rate_limit_enabled: bool = True) -> None:
        self._admissions = admissions
        self._enabled = rate_limit_enabled

    async def __call__(self, call: ToolCall, call_next: Next) -> ToolResult:
        rate = call.policy.rate
        if rate is None or not self._enabled:
            return await call_next(call)
        if call.admission is None:
            call = await self._admissions.ask(call)
        if call.admission and not call.admission.allowed:
            wait_s = call.admission.retry_after_s
            raise RateLimited(
                f"The tool {call.tool.name!r} takes {rate}: try again in {_shown(wait_s)}.", retry_after_s=wait_s
            )
        return await call_next(call)


def _shown(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.0f} min"
