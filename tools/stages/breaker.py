"""Lets a tool rest that keeps failing or keeps being slow, then tries it with a few calls."""

import asyncio
from collections.abc import Callable

from opentelemetry import trace

from telemetry import semconv
from telemetry.semconv import Outcome
from tools.calls.call import Next, ToolCall, ToolResult
from tools.definition.policy import BreakerHold
from tools.errors import BreakerOpen, ToolError
from tools.running.admissions import Admissions
from tools.state.base import BreakerState, Ran, SharedState
from tools.state.breakers.sums import BREAKING
from tools.state.reporter import Reporter

HELD = {BreakerHold.OPEN: BreakerState.HELD_OPEN, BreakerHold.CLOSED: BreakerState.HELD_CLOSED}


class Breaker:
    """Counts a call once, whatever the retries inside it did.

    Only timeouts, provider errors and tool bugs count as failures: a tool that returns a failure, or refuses
    its arguments, is at work. While closed, nothing is asked of shared state for its sake.
    """

    def __init__(
        self, clock: Callable[[], float], state: SharedState, admissions: Admissions, reporter: Reporter
    ) -> None:
        self._clock = clock
        self._state = state
        self._admissions = admissions
        self._reporter = reporter

    async def __call__(self, call: ToolCall, call_next: Next) -> ToolResult:
        call, state, rest_s = await self._look(call)
        trace.get_current_span().set_attribute(semconv.BREAKER_STATE, state.value)
        if state is BreakerState.OPEN or state is BreakerState.HELD_OPEN:
            raise refusal(call, state, rest_s)
        probe = call.admission.probe if call.admission else ""
        began = self._clock()
        try:
            result = await call_next(call)
        except ToolError as error:
            if error.blames_tool:
                duration_s = self._clock() - began - error.queued_s
                self._report(call, error.layer, error.layer in BREAKING, probe, duration_s)
            else:
                self._report(call, None, None, probe)
            raise
        except asyncio.CancelledError:
            # The caller went away: nothing was learned, but the next call may be the probe.
            self._report(call, None, None, probe)
            raise
        self._report(call, result.outcome, False, probe, self._clock() - began - result.queued_s)
        return result

    async def _look(self, call: ToolCall) -> tuple[ToolCall, BreakerState, float]:
        """The state that holds for this call, and how long the tool goes on resting."""
        if call.policy.breaker_hold:
            return call, HELD[call.policy.breaker_hold], 0.0
        if call.admission is None:
            await self._admissions.settle(call)
            heard = self._state.breaker_state(call.tool.name)
            if heard is BreakerState.CLOSED:
                return call, heard, 0.0
            if heard is BreakerState.OPEN:
                return call, heard, self._state.breaker_rest_s(call.tool.name)
            call = await self._admissions.ask(call)
        assert call.admission is not None
        return call, call.admission.breaker, call.admission.retry_after_s

    def _report(
        self, call: ToolCall, outcome: Outcome | None, failed: bool | None, probe: str, duration_s: float = 0.0
    ) -> None:
        self._reporter.add(Ran(call.tool.name, outcome, failed, call.policy.breaker, probe, duration_s))


def refusal(call: ToolCall, state: BreakerState, rest_s: float) -> BreakerOpen:
    """Says who lets the tool rest, and how long if that is known."""
    if state is BreakerState.HELD_OPEN:
        return BreakerOpen(
            f"An admin holds the breaker of {call.tool.name!r} open: no call is made until it is let go.",
            code="breaker_held_open",
            hint="an admin lets it go under Tools, 'Let the breaker decide'",
            retryable=False,
        )
    return BreakerOpen(f"The tool {call.tool.name!r} rests: try again in {rest_s:.1f} s.", retry_after_s=rest_s)
