"""Lets as many calls of a tool run at the same time as it can bear; the others wait for their turn."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from opentelemetry import trace

from telemetry import semconv
from tools.calls.call import Next, ToolCall, ToolResult
from tools.definition.policy import BreakerHold
from tools.errors import BreakerOpen, QueueFull, QueueTimeout, ToolError
from tools.running.admissions import Admissions
from tools.state.base import BreakerState, SharedState
from tools.state.slots.gate import Gate
from tools.state.slots.gates import Gates


class Concurrency:
    """Holds a slot of all processes' for as long as the call runs, retries and the waits between them included.

    A slot that is in this process's hand is taken without a round trip, and goes from a call that ended to the
    next that waits. A call waits until its deadline; beyond ``max_queued`` calls, one more is refused.
    """

    def __init__(
        self, clock: Callable[[], float], gates: Gates, admissions: Admissions, state: SharedState
    ) -> None:
        self._clock = clock
        self._gates = gates
        self._admissions = admissions
        self._state = state

    async def __call__(self, call: ToolCall, call_next: Next) -> ToolResult:
        most = call.policy.max_concurrent
        if not most:
            return await call_next(call)
        gate = self._gates.gate(call.tool.name, most)
        slot, queued_s = await self._slot(gate, call)
        began = self._clock()
        try:
            result = await call_next(call)
        except ToolError as error:
            error.queued_s = queued_s
            raise
        finally:
            gate.release(slot, self._clock() - began)
        return replace(result, queued_s=queued_s) if queued_s else result

    async def _slot(self, gate: Gate, call: ToolCall) -> tuple[str, float]:
        """A slot, and how long the call waited for it in the queue."""
        if slot := gate.take(call.admission.slot if call.admission else ""):
            return slot, 0.0
        if call.admission is None and (slot := gate.take(await self._admissions.ask_slot(call))):
            return slot, 0.0
        began = self._clock()
        try:
            slot = await self._turn(gate, call)
        finally:
            queued_s = self._clock() - began
            trace.get_current_span().set_attribute(semconv.QUEUE_WAIT_MS, round(queued_s * 1000, 3))
        self._check_breaker(gate, call, slot)
        return slot, queued_s

    async def _turn(self, gate: Gate, call: ToolCall) -> str:
        """Wait in the queue. Raises QueueFull at once, QueueTimeout at the call's deadline."""
        waiter = gate.join(call.caller.identity, call.policy.max_queued)
        if waiter is None:
            raise self._full(gate, call)
        self._gates.look_after()
        try:
            async with asyncio.timeout(call.deadline - self._clock()):
                return await waiter.slot
        except asyncio.CancelledError:
            gate.leave(waiter)
            raise
        except TimeoutError:
            gate.leave(waiter)
            raise QueueTimeout(
                f"The turn of {call.tool.name!r} did not come before the call's deadline: "
                f"{gate.most} calls of it may run at the same time."
            ) from None

    def _full(self, gate: Gate, call: ToolCall) -> QueueFull:
        wait_s = gate.turn_in_s()
        return QueueFull(
            f"{call.policy.max_queued:,} calls of {call.tool.name!r} already wait for their turn: "
            f"try again in {wait_s:.1f} s.",
            hint="call less at the same time, or have an admin raise 'at the same time' or 'waiting'",
            retry_after_s=wait_s,
        )

    def _check_breaker(self, gate: Gate, call: ToolCall, slot: str) -> None:
        """Refuse the call if its tool began to rest while it waited."""
        name = call.tool.name
        if (
            call.policy.breaker_hold is BreakerHold.CLOSED
            or self._state.breaker_state(name) is not BreakerState.OPEN
        ):
            return
        gate.release(slot)
        rest_s = self._state.breaker_rest_s(name)
        error = BreakerOpen(
            f"The tool {name!r} began to rest while the call waited for its turn: try again in {rest_s:.1f} s.",
            retry_after_s=rest_s,
        )
        error.blames_tool = False
        raise error
