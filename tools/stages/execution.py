"""Runs the tool's own function, and turns whatever it does into a result or a ``ToolError``."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError as Cancelled
from contextvars import copy_context
from copy import deepcopy
from functools import partial
from typing import Any

from django.db import close_old_connections
from pydantic_core import PydanticSerializationError, from_json, to_json

from telemetry.semconv import Outcome
from tools.calls import cancellation, deadline
from tools.calls.call import Next, ToolCall, ToolResult
from tools.calls.cancellation import Cancellation, is_from_outside
from tools.definition.tool import ToolDefinition
from tools.errors import DeadlineExceeded, ProviderError, ReturnedFailure, ToolBug, ToolError, ToolTimeout
from tools.process.threads import ToolThreads
from tools.running.resolvers import PROVIDED, Resolver
from tools.running.streaming.generators import gathered
from tools.running.upstream import failed_upstream

# Told what the call did, in words, and the fault.
LogFault = Callable[[ToolCall, str, BaseException], None]
UNCHANGING = frozenset({str, int, float, bool, type(None)})
logger = logging.getLogger(__name__)


def _observe_nothing(tool: str) -> None:
    """Nobody counts."""


def _log_fault(call: ToolCall, what: str, error: BaseException) -> None:
    logger.error("%s (%s) %s", call.tool.name, call.tool_call_id, what, exc_info=error)


class Execution:
    """Innermost. Async functions run here, others in threads.

    A thread cannot be stopped: after a timeout it goes on until its function returns, unless that asks its
    ``Cancellation``. Another thread takes its place meanwhile.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        threads: ToolThreads,
        resolvers: Mapping[type, Resolver],
        observe_abandoned: Callable[[str], None] = _observe_nothing,
        log_fault: LogFault = _log_fault,
    ) -> None:
        self._clock = clock
        self._threads = threads
        self._observe_abandoned = observe_abandoned
        self._log_fault = log_fault
        self._resolvers = {**PROVIDED, **resolvers}

    async def __call__(self, call: ToolCall, call_next: Next) -> ToolResult:
        left_s = call.deadline - self._clock()
        if left_s <= 0:
            raise too_late(call)
        # A stream's timeout is of each chunk, and watched where it is gathered.
        allowed_s = left_s if call.tool.streams else min(call.policy.timeout_s, left_s)
        around = deadline.enter(call.deadline)
        try:
            async with asyncio.timeout(allowed_s) as limit:
                value = await self._run(call, allowed_s)
        except ToolError:
            raise
        except TimeoutError as error:
            if limit.expired():
                raise (too_late(call) if left_s <= allowed_s else self._timed_out(call)) from None
            self._log_fault(call, "failed", error)
            raise explained(error, call) from error
        except BaseException as error:  # asyncio lets some out of its loop, whose thread would end of it
            if is_from_outside(error):
                raise
            self._log_fault(call, "failed", error)
            raise explained(error, call) from error
        finally:
            deadline.leave(around)
        return answered(call, value, self._log_fault)

    async def _run(self, call: ToolCall, allowed_s: float) -> Any:
        tool, injected = call.tool, call.tool.schema.injected
        arguments = own(call.arguments)
        if tool.is_async and not injected:
            return await tool.function(**arguments)
        token = Cancellation(self._clock() + allowed_s, self._clock)
        around = cancellation.enter(token)
        try:
            for name, wanted in injected.items():
                arguments[name] = self._resolvers[wanted](call)
            if tool.is_async:
                return await tool.function(**arguments)
            if tool.streams:
                return await gathered(call, tool.function(**arguments), self._threads, self._clock)
            return await self._run_in_thread(tool, arguments)
        except asyncio.CancelledError:
            token.cancel()
            raise
        finally:
            cancellation.leave(around)

    async def _run_in_thread(self, tool: ToolDefinition[..., Any], arguments: dict[str, Any]) -> Any:
        work = self._threads.submit(partial(copy_context().run, _in_thread, tool.function, arguments))
        try:
            return await asyncio.wrap_future(work)
        finally:
            if self._threads.abandon(work):
                self._observe_abandoned(tool.name)

    def _timed_out(self, call: ToolCall) -> ToolTimeout:
        said = f"{call.tool.name!r} did not answer within {call.policy.timeout_s:g} s."
        if call.tool.is_async or not self._threads.waiting:
            return ToolTimeout(said)
        return ToolTimeout(
            said, hint=f"no worker thread was free: {self._threads.stuck} of them hang in calls that were given up"
        )


def own(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """*arguments* for one attempt: what a tool does to a list in them reaches no other attempt, nor the record."""
    return {name: value if type(value) in UNCHANGING else deepcopy(value) for name, value in arguments.items()}


def too_late(call: ToolCall) -> DeadlineExceeded:
    """The deadline is over; a call that was in a hurry says nothing about its tool."""
    error = DeadlineExceeded(
        f"{call.tool.name!r} did not answer in the time that the whole call has.",
        hint="give it a later deadline_s" if call.hurried else "an admin can give the tool a later deadline",
    )
    error.blames_tool = not call.hurried
    return error


def _in_thread(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """Django closes a thread's stale connections around requests; here nobody else would."""
    close_old_connections()
    try:
        return function(**arguments)
    except (StopIteration, Cancelled) as error:
        raise RuntimeError(f"the tool raised {type(error).__name__}") from error  # a future cannot hold one
    finally:
        close_old_connections()


def explained(error: BaseException, call: ToolCall) -> ToolError:
    """*error* for the caller: what kind it is, and nothing of its inside. The log holds the rest."""
    kind = type(error).__name__
    failure = failed_upstream(error)
    if failure is not None:
        said = f"A service behind {call.tool.name!r} failed ({failure.name}): try again later."
        return ProviderError(said, retry_after_s=failure.retry_after_s)
    return ToolBug(
        f"{call.tool.name!r} failed unexpectedly ({kind}): the log of {call.tool_call_id} holds the cause."
    )


def answered(call: ToolCall, value: Any, log_fault: LogFault) -> ToolResult:
    """*value* as a result. Raises ReturnedFailure where it says that it is none."""
    if isinstance(value, ToolResult):
        return passed_on(call, value)
    try:
        encoded = to_json(value, inf_nan_mode="null")
    except PydanticSerializationError as error:
        log_fault(call, "returned what is not JSON", error)
        raise ToolBug(
            f"{call.tool.name!r} returned a {type(value).__name__}, which cannot be sent as JSON."
        ) from error
    result = from_json(encoded)
    if isinstance(result, dict) and (result.get("success") is False or result.get("isError") is True):
        raise ReturnedFailure(_said(result) or f"{call.tool.name!r} could not do it and did not say why.")
    return ToolResult(tool=call.tool.name, tool_call_id=call.tool_call_id, result=result, encoded=encoded)


def passed_on(call: ToolCall, inner: ToolResult) -> ToolResult:
    """The result of a call that the tool made, as its own."""
    return ToolResult(
        tool=call.tool.name,
        tool_call_id=call.tool_call_id,
        result=inner.result,
        outcome=Outcome.AFTER_FALLBACK if inner.outcome is Outcome.AFTER_FALLBACK else Outcome.FIRST_TRY,
        encoded=inner.encoded,
    )


def _said(result: dict[str, Any]) -> str:
    """What a returned failure says for itself; MCP puts it into the text of its content."""
    content = result.get("content")
    if isinstance(content, list) and content and isinstance(content[0], dict):
        result = {**result, "message": result.get("message") or content[0].get("text")}
    for name in ("error", "message", "detail", "reason"):
        value = result.get(name)
        if isinstance(value, dict):
            value = value.get("message") or value.get("detail")
        if isinstance(value, str) and value.strip():
            return value.strip()[:500]
    return ""
