"""Tries again what may succeed the next time."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from telemetry.semconv import Outcome
from tools.calls.call import Next, ToolCall, ToolResult
from tools.definition.policy import ToolRetryPolicy
from tools.errors import DeadlineExceeded, ToolError
from tools.notifications.attempts import record_attempt
from tools.notifications.dispatch import NO_HOOKS, Hooks
from tools.notifications.hooks import CallRetried

NO_TIME = "it was not tried again, for the call's deadline leaves no time to"


def worth_another_try(call: ToolCall, error: ToolError) -> bool:
    """Whether the policy of *call* wants another attempt after *error*, and no chunk of this one was seen."""
    if isinstance(error, DeadlineExceeded) or (call.stream is not None and call.stream.sent):
        return False
    retry_on = call.policy.retry_on
    if not retry_on:
        return error.retryable
    return error.code in retry_on or error.layer in retry_on


class Retry:
    """Exponential backoff with full jitter; an error's own ``retry_after_s`` is honoured.

    No attempt begins after the call's deadline. Where there is no time for another, the call ends at once with the
    error that it has, and that says so: it tells more than a timeout would.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        random: Callable[[], float],
        retry_policy: ToolRetryPolicy,
        hooks: Hooks = NO_HOOKS,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._policy = retry_policy
        self._hooks = hooks

    async def __call__(self, call: ToolCall, call_next: Next) -> ToolResult:
        allowed = min(call.policy.retries + 1, self._policy.max_attempts)
        delay_s, hedges = 0.0, 0
        while True:
            began = self._clock()
            try:
                result = await call_next(call)
            except ToolError as error:
                self._record(call, error.hedges, began, delay_s, error.code)
                hedges += error.hedges
                error.retry_count, error.hedges = call.attempt - 1, hedges
                if call.attempt >= allowed or not worth_another_try(call, error):
                    raise
                delay_s = self.delay_s(call.attempt, error)
                if self._clock() + delay_s >= call.deadline:
                    error.hint = error.hint or NO_TIME
                    raise
                if self._hooks.on_retry:
                    self._hooks.tell("on_retry", CallRetried(call, error, delay_s))
                await self._sleep(delay_s)
                call = replace(call, attempt=call.attempt + 1)
            else:
                if call.attempt == 1:
                    return result
                self._record(call, result.hedges, began, delay_s)
                retries, hedges = call.attempt - 1, hedges + result.hedges
                return replace(result, outcome=Outcome.AFTER_RETRY, retry_count=retries, hedges=hedges)

    def delay_s(self, attempt: int, error: ToolError) -> float:
        """How long to wait after *attempt* failed with *error*."""
        jittered = self._random() * self._policy.delay(attempt - 1)
        return max(jittered, error.retry_after_s or 0.0)

    def _record(self, call: ToolCall, hedges: int, began: float, delay_s: float, error: str = "") -> None:
        if not hedges:  # else both are recorded already
            record_attempt(call.attempt, self._clock() - began, delay_s=delay_s, error=error)
