"""Tries again what may succeed the next time."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from opentelemetry import trace

from telemetry import semconv
from telemetry.semconv import Outcome
from tools.call import Next, ToolCall, ToolResult
from tools.errors import ToolError

MAX_DELAY_S = 30.0
# No attempt starts later than this after the first: whoever waits for the call has gone by then.
MAX_TOTAL_S = 60.0


class Retry:
    """Exponential backoff with full jitter; an error's own ``retry_after_s`` is honoured."""

    def __init__(
        self,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        random: Callable[[], float],
        retry_attempts: int,
        retry_base_delay_s: float,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._most = retry_attempts
        self._base_delay_s = retry_base_delay_s

    async def __call__(self, call: ToolCall, call_next: Next) -> ToolResult:
        allowed = min(call.policy.retries + 1, self._most)
        started = self._clock()
        attempt, delay_s = 1, 0.0
        while True:
            began = self._clock()
            try:
                result = await call_next(call)
            except ToolError as error:
                self._record(attempt, began, delay_s, error.code)
                error.retry_count = attempt - 1
                wait_s = self.delay_s(attempt, error)
                if not error.retryable or attempt >= allowed or not self._in_time(started, wait_s):
                    raise
                delay_s = wait_s
                await self._sleep(delay_s)
                attempt += 1
            else:
                if attempt == 1:
                    return result
                self._record(attempt, began, delay_s, "")
                return replace(result, outcome=Outcome.AFTER_RETRY, retry_count=attempt - 1)

    def delay_s(self, attempt: int, error: ToolError) -> float:
        """How long to wait after *attempt* failed with *error*."""
        jittered = self._random() * min(MAX_DELAY_S, self._base_delay_s * 2.0 ** (attempt - 1))
        return max(jittered, error.retry_after_s or 0.0)

    def _in_time(self, started: float, wait_s: float) -> bool:
        return self._clock() - started + wait_s <= MAX_TOTAL_S

    def _record(self, attempt: int, began: float, delay_s: float, error_code: str) -> None:
        attributes: dict[str, str | int | float] = {
            semconv.ATTEMPT_NUMBER: attempt,
            semconv.ATTEMPT_DURATION_MS: round((self._clock() - began) * 1000, 3),
            semconv.ATTEMPT_DELAY_MS: round(delay_s * 1000, 3),
        }
        if error_code:
            attributes[semconv.ATTEMPT_ERROR] = error_code
        trace.get_current_span().add_event(semconv.EVENT_ATTEMPT, attributes)
