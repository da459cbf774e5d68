"""One span for every call, whatever becomes of it, and the events that tell the application."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from opentelemetry import context, trace
from opentelemetry.trace import Span, Status, StatusCode, Tracer
from pydantic_core import PydanticSerializationError, to_json

from telemetry import semconv
from tools.calls.call import Next, ToolCall, ToolResult
from tools.calls.cancellation import is_from_outside
from tools.errors import ToolBug, ToolError, ToolTimeout
from tools.notifications.dispatch import NO_HOOKS, Hooks
from tools.notifications.events import Events, tool_status
from tools.notifications.hooks import CallEnded, CallFailed, CallStarted

logger = logging.getLogger(__name__)
PREFIX = f"{semconv.OPERATION_EXECUTE_TOOL} "
MAX_PAYLOAD_CHARS = 16_000
# What the application may say of a call in its context, and the attribute that it becomes.
CONTEXT_ATTRIBUTES = {
    "provider": semconv.PROVIDER_NAME,
    "model": semconv.REQUEST_MODEL,
    "prompt_version": semconv.PROMPT_VERSION,
    "agent": semconv.AGENT_NAME,
}
MAX_CONTEXT_CHARS = 200
Observer = Callable[[ToolCall, ToolResult | ToolError, float], None]


def _observe_nothing(call: ToolCall, ending: ToolResult | ToolError, latency_ms: float) -> None:
    """Nobody counts."""


class Tracing:
    """Outermost, so that a refusal and a cache hit leave a span too. Attempts are events on it, never spans."""

    def __init__(
        self,
        clock: Callable[[], float],
        events: Events,
        tracer: Tracer | None = None,
        observe: Observer = _observe_nothing,
        hooks: Hooks = NO_HOOKS,
    ) -> None:
        """*observe* is told of every call that ended: the call, its result or error, and its milliseconds."""
        self._clock = clock
        self._events = events
        self._observe = observe
        self._hooks = hooks
        self._tracer = tracer or trace.get_tracer("salesboost.tools")

    async def __call__(self, call: ToolCall, call_next: Next) -> ToolResult:
        if not self._events.wanted(call):
            return await self._traced(call, call_next)
        started = self._clock()
        await self._events.tell(call, tool_status(call, "started"))
        try:
            result = await self._traced(call, call_next)
        except ToolError as error:
            await self._events.tell(call, tool_status(call, "failed", error=error, ms=self._since(started)))
            raise
        except asyncio.CancelledError:
            # Only those who listen elsewhere: a callback belongs to the caller, who has gone.
            self._events.publish(call, tool_status(call, "failed", error=went_away(), ms=self._since(started)))
            raise
        await self._events.tell(call, tool_status(call, "completed", result=result, ms=result.latency_ms))
        return result

    async def _traced(self, call: ToolCall, call_next: Next) -> ToolResult:
        span = self._tracer.start_span(f"{PREFIX}{call.tool.name}", attributes=attributes_of(call))
        token = context.attach(trace.set_span_in_context(span))
        started = self._clock()
        if self._hooks.on_start:
            self._hooks.tell("on_start", CallStarted(call))
        try:
            result = replace(await call_next(call), latency_ms=self._since(started))
            record_success(span, result)
            self._observe(call, result, result.latency_ms)
            if self._hooks.on_end:
                self._hooks.tell("on_end", CallEnded(call, result))
            return result
        except asyncio.CancelledError:
            self._failed(call, span, went_away(), started)
            raise
        except BaseException as failure:  # a validator of the tool's own may raise anything, too
            if is_from_outside(failure):
                raise
            error = failure if isinstance(failure, ToolError) else as_bug(call, failure)
            self._failed(call, span, error, started)
            raise error from error.__cause__
        finally:
            context.detach(token)
            span.end()

    def _failed(self, call: ToolCall, span: Span, error: ToolError, started: float) -> None:
        error.tool_call_id = call.tool_call_id
        record_error(span, error)
        latency_ms = self._since(started)
        self._observe(call, error, latency_ms)
        if self._hooks.on_error:
            self._hooks.tell("on_error", CallFailed(call, error, latency_ms))

    def _since(self, started: float) -> float:
        return (self._clock() - started) * 1000


def went_away() -> ToolError:
    """What a cancelled call is counted as: whoever asked would not wait for it any longer."""
    return ToolTimeout("The caller went away before the tool answered.", code="cancelled")


def as_bug(call: ToolCall, failure: BaseException) -> ToolError:
    """A stage has a fault: nobody outside learns more of it than that."""
    logger.error("a stage failed on %s (%s)", call.tool.name, call.tool_call_id, exc_info=failure)
    return ToolBug(f"{call.tool.name!r} could not be run: the log of {call.tool_call_id} holds the cause.")


def attributes_of(call: ToolCall) -> dict[str, Any]:
    """What is known of *call* before it runs."""
    caller = call.caller
    attributes: dict[str, Any] = {
        semconv.OPERATION_NAME: semconv.OPERATION_EXECUTE_TOOL,
        semconv.TOOL_NAME: call.tool.name,
        semconv.TOOL_TYPE: "function",
        semconv.TOOL_CALL_ID: call.tool_call_id,
        semconv.TOOL_CALL_ARGUMENTS: shortened(as_json(call.payload)),
        **(call.chosen.attributes() if call.chosen else {}),
    }
    if caller.role:
        attributes[semconv.CALLER_ROLE] = caller.role
    if caller.caller_id:
        attributes[semconv.CALLER_ID] = caller.caller_id
    if caller.session_id:
        attributes[semconv.CONVERSATION_ID] = caller.session_id
    if caller.api_key_name:
        attributes[semconv.API_KEY_NAME] = caller.api_key_name
    if call.repairs:
        attributes[semconv.REPAIRS] = list(call.repairs)
    if call.requested:
        attributes[semconv.TOOL_REQUESTED] = call.requested[:MAX_CONTEXT_CHARS]
    for name, value in caller.context.items():
        attributes[CONTEXT_ATTRIBUTES.get(name) or f"salesboost.context.{name}"] = as_text(value)[
            :MAX_CONTEXT_CHARS
        ]
    return attributes


def record_success(span: Span, result: ToolResult) -> None:
    attributes: dict[str, Any] = {
        semconv.OUTCOME: result.outcome.value,
        semconv.ATTEMPTS: result.retry_count + 1 + result.hedges,
        semconv.TOOL_CALL_RESULT: shortened(result.encoded),
    }
    if result.cache:
        attributes[semconv.CACHE] = result.cache
    span.set_attributes(attributes)


def record_error(span: Span, error: ToolError) -> None:
    attributes: dict[str, Any] = {
        semconv.OUTCOME: error.layer.value,
        semconv.ERROR_TYPE: error.code,
        semconv.ERROR_MESSAGE: error.detail,
        semconv.ATTEMPTS: error.retry_count + 1 + error.hedges,
    }
    if error.hint:
        attributes[semconv.ERROR_HINT] = error.hint
    if error.violations:
        attributes[semconv.VIOLATIONS] = error.violations
    if error.cache:
        attributes[semconv.CACHE] = error.cache
    span.set_attributes(attributes)
    span.set_status(Status(StatusCode.ERROR, error.detail))


def as_json(payload: Any) -> bytes:
    try:
        return to_json(payload, inf_nan_mode="null", serialize_unknown=True)
    except (PydanticSerializationError, ValueError):
        # Half a surrogate pair, or an object that holds itself: neither is JSON, and the span still has to be.
        return to_json(as_text(payload, repr).encode(errors="replace").decode())


def as_text(value: Any, write: Callable[[Any], str] = str) -> str:
    """What *write* makes of *value*; where that fails, as of a number of more than 4,300 digits, its type."""
    try:
        return write(value)
    except ValueError:
        return f"<{type(value).__name__}>"


def shortened(encoded: bytes) -> str:
    """JSON text, cut to what is worth storing; secrets are taken out where spans are stored."""
    return encoded[: MAX_PAYLOAD_CHARS * 4].decode(errors="ignore")[:MAX_PAYLOAD_CHARS]
