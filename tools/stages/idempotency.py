"""Makes a call with an idempotency key once, whoever sends it again."""

import asyncio
import hashlib
import json
from collections.abc import Callable

from opentelemetry import trace
from pydantic_core import to_jsonable_python

from telemetry import semconv
from telemetry.semconv import REFUSED, Outcome
from tools.calls.call import Next, ToolCall, ToolResult
from tools.calls.outcome import pack, unpack
from tools.errors import IdempotencyInProgress, IdempotencyKeyReused, ToolError
from tools.running.admissions import Admissions
from tools.state.base import Claim, Earlier, Settled
from tools.state.reporter import Reporter

KEPT_S = 24 * 3600.0
# A process that dies keeps its key for so long after the call's deadline.
GRACE_S = 5.0
MAX_LEASE_S = 2 * 3600.0
RETRY_AFTER_S = 1.0
# The layers that end a call before its tool is reached.
NOT_REACHED = frozenset({*REFUSED, Outcome.BREAKER})


class Idempotency:
    """A later call with the same key gets the ending of the first, for 24 hours.

    Of a failure that may pass, or a refusal, nothing is kept, so that it can be tried again. A call with a key
    does not look into the cache: it wants to be made.
    """

    def __init__(self, admissions: Admissions, reporter: Reporter, clock: Callable[[], float]) -> None:
        self._admissions = admissions
        self._reporter = reporter
        self._clock = clock

    async def __call__(self, call: ToolCall, call_next: Next) -> ToolResult:
        if not call.idempotency_key:
            return await call_next(call)
        claim = claim_of(call, self._clock())
        await self._reporter.settled(claim.key)
        call = await self._admissions.ask(call, claim=claim)
        earlier = call.admission.earlier if call.admission else None
        if earlier is not None:
            return replayed(earlier, call)
        trace.get_current_span().set_attribute(semconv.IDEMPOTENCY, "first")
        try:
            result = await call_next(call)
        except ToolError as error:
            self._reporter.add(Settled(claim, pack(error) if is_final(error) else None, KEPT_S))
            raise
        except asyncio.CancelledError:
            self._reporter.add(Settled(claim, None))
            raise
        self._reporter.add(Settled(claim, pack(result), KEPT_S))
        return result


def is_final(error: ToolError) -> bool:
    """Whether *error* is how the call ended for good: the tool was reached, and would say the same again."""
    return not error.retryable and error.layer not in NOT_REACHED


def claim_of(call: ToolCall, now: float) -> Claim:
    """What *call* claims: a key belongs to its API key and caller, and stands for tool, role and arguments."""
    caller = call.caller
    return Claim(
        key=_hashed([caller.api_key_name, caller.caller_id, call.idempotency_key]),
        fingerprint=_hashed([call.tool.name, caller.role, to_jsonable_python(call.arguments)]),
        owner=call.tool_call_id,
        lease_s=min(MAX_LEASE_S, max(0.0, call.deadline - now) + GRACE_S),
    )


def _hashed(parts: list[object]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def replayed(earlier: Earlier, call: ToolCall) -> ToolResult:
    """The ending of the earlier call. Raises it, where it is an error."""
    span = trace.get_current_span()
    if earlier.state == "another":
        span.set_attribute(semconv.IDEMPOTENCY, "reused")
        raise IdempotencyKeyReused(
            "The idempotency key was sent before with another tool, role or arguments: a new call needs a new key."
        )
    if earlier.state == "runs":
        span.set_attribute(semconv.IDEMPOTENCY, "in_progress")
        raise IdempotencyInProgress(
            "The first call with this idempotency key still runs: send it again in a moment for its answer.",
            retry_after_s=RETRY_AFTER_S,
        )
    span.set_attribute(semconv.IDEMPOTENCY, "replayed")
    ending = unpack(earlier.ending, call)
    if isinstance(ending, ToolError):
        raise ending
    return ending
