"""Lets a tool rest that keeps failing, then tries it with one call."""

import asyncio

from opentelemetry import trace

from telemetry import semconv
from telemetry.semconv import Outcome
from tools.call import Next, ToolCall, ToolResult
from tools.errors import BreakerOpen, ToolError
from tools.state.admissions import Admissions
from tools.state.base import BreakerState, Ran, SharedState
from tools.state.breakers.sums import BREAKING
from tools.state.reporter import Reporter


class Breaker:
    """Counts a call once, whatever the retries inside it did.

    Only timeouts, provider errors and tool bugs count as failures: a tool that returns a failure, or refuses
    its arguments, is at work. While closed, nothing is asked of shared state for its sake.
    """

    def __init__(self, state: SharedState, admissions: Admissions, reporter: Reporter) -> None:
        self._state = state
        self._admissions = admissions
        self._reporter = reporter

    async def __call__(self, call: ToolCall, call_next: Next) -> ToolResult:
        call, state, rest_s = await self._look(call)
        trace.get_current_span().set_attribute(semconv.BREAKER_STATE, state.value)
        if state is BreakerState.OPEN:
            raise BreakerOpen(
                f"The tool {call.tool.name!r} keeps failing and rests: try again in {rest_s:.1f} s.",
                retry_after_s=rest_s,
            )
        probe = state is BreakerState.HALF_OPEN
        try:
            result = await call_next(call)
        except ToolError as error:
            if error.blames_tool:
                self._report(call, error.layer, error.layer in BREAKING, probe)
            else:
                self._report(call, None, None, probe)
            raise
        except asyncio.CancelledError:
            # The caller went away: nothing was learned, but the next call may be the probe.
            self._report(call, None, None, probe)
            raise
        self._report(call, result.outcome, False, probe)
        return result

    async def _look(self, call: ToolCall) -> tuple[ToolCall, BreakerState, float]:
        """The state that holds for this call, and how long the tool goes on resting."""
        if call.admission is None:
            await self._admissions.settle(call)
            heard = self._state.breaker_state(call.tool.name)
            if heard is not BreakerState.HALF_OPEN:
                return (
                    call,
                    heard,
                    self._state.breaker_rest_s(call.tool.name) if heard is BreakerState.OPEN else 0.0,
                )
            call = await self._admissions.ask(call)
        assert call.admission is not None
        return call, call.admission.breaker, call.admission.retry_after_s

    def _report(self, call: ToolCall, outcome: Outcome | None, failed: bool | None, probe: bool) -> None:
        self._reporter.add(Ran(call.tool.name, outcome, failed, call.policy.breaker, probe))
