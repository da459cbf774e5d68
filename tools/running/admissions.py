"""Asks shared state once for a call, whichever stage needs the answer first."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from tools.calls.call import ToolCall
from tools.definition.policy import BreakerHold
from tools.running.limits import Limits
from tools.state.base import Admission, BreakerState, Claim, Lookup, Question, SharedState
from tools.state.buckets.bucket import buckets_of
from tools.state.buckets.leases import Leases
from tools.state.reporter import Reporter
from tools.state.slots.gates import Gates
from tools.state.slots.slot import SlotWish


class Admissions:
    """Puts one question for cache, breaker and limiter together, so that a call waits for one round trip."""

    def __init__(
        self,
        state: SharedState,
        reporter: Reporter,
        *,
        limits: Limits | None = None,
        leases: Leases | None = None,
        gates: Gates | None = None,
    ) -> None:
        self._state = state
        self._reporter = reporter
        self._limits = limits or Limits()
        self._leases = leases
        self._gates = gates

    async def admit(self, call: ToolCall) -> ToolCall:
        """*call* as it is where this process holds the tokens that it needs, else with its admission."""
        return call if self._leases is not None and self._in_hand(call, self._leases) else await self.ask(call)

    def _in_hand(self, call: ToolCall, leases: Leases) -> bool:
        """Take what *call* needs from this process's leases. What only shared state can tell has to be asked."""
        limits, tool = self._limits.of(call), call.tool.name
        if limits.quotas or call.policy.max_concurrent or call.policy.breaker_hold:
            return False
        if self._state.breaker_state(tool) is not BreakerState.CLOSED:
            return False
        return leases.take(buckets_of(tool, limits))

    async def ask(self, call: ToolCall, lookup: Lookup | None = None, claim: Claim | None = None) -> ToolCall:
        """*call* with its admission; *lookup* is what it wants of the kept results."""
        await self.settle(call)
        policy, limits = call.policy, self._limits.of(call)
        question = Question(
            tool=call.tool.name,
            lookup=lookup,
            claim=claim,
            rate=limits.rate,
            caller_rate=limits.caller_rate,
            caller=limits.caller,
            quotas=limits.quotas,
            # Our own code reads no headers, and telling costs a tenth of the round trip.
            tells_left=bool(call.caller.sender),
            breaker_hold=policy.breaker_hold,
            probes=policy.breaker.probes,
            # A probe whose process died must not keep the tool closed for longer than it could have run.
            probe_lease_s=policy.deadline_s,
        )
        if (
            policy.max_concurrent
            and self._gates
            and (wish := self._gates.wish(call.tool.name, policy.max_concurrent))
        ):
            return replace(call, admission=await self._wished(question, wish, self._gates))
        return replace(call, admission=await self._state.ask(question))

    async def ask_slot(self, call: ToolCall) -> str:
        """A slot for *call*, whose other stages had nothing to ask; "" where it has to wait for its turn."""
        name = call.tool.name
        if self._gates is None or (wish := self._gates.wish(name, call.policy.max_concurrent)) is None:
            return ""
        # The breaker has decided already; a question of it could make a probe of the call.
        question = Question(name, breaker_hold=BreakerHold.CLOSED)
        return (await self._wished(question, wish, self._gates)).slot

    async def spare_slot(self, call: ToolCall) -> Callable[[], None] | None:
        """A slot for more work of *call*, as what gives it back; None where none is free just now."""
        if not call.policy.max_concurrent or self._gates is None:
            return _nothing
        gate = self._gates.gate(call.tool.name, call.policy.max_concurrent)
        slot = gate.take() or gate.take(await self.ask_slot(call))
        return partial(gate.release, slot) if slot else None

    async def _wished(self, question: Question, wish: SlotWish, gates: Gates) -> Admission:
        """Ask for a slot too. What is granted is in this process's hand, whatever becomes of the call."""
        granted: str | None = None
        try:
            admission = await self._state.ask(replace(question, wish=wish))
            granted = admission.slot
            return admission
        finally:
            gates.answered(question.tool, wish, granted)

    async def settle(self, call: ToolCall) -> None:
        """Let the failures of calls that ended before this one be counted first, and their writes drop results."""
        await self._reporter.settled(call.tool.name)


def _nothing() -> None:
    """Gives back what there is no end of."""
