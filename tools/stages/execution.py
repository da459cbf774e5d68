"""Runs the tool's own function, and turns whatever it does into a result or a ``ToolError``."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections
from pydantic_core import PydanticSerializationError, from_json, to_json

from tools.call import Caller, Next, ToolCall, ToolResult
from tools.errors import ProviderError, ReturnedFailure, ToolBug, ToolError, ToolTimeout

logger = logging.getLogger(__name__)
Resolver = Callable[[ToolCall], Any]
# What every tool may have injected; an application adds its own types.
PROVIDED: Mapping[type, Resolver] = {Caller: lambda call: call.caller, ToolCall: lambda call: call}
# What a broken dependency raises when the tool does not say so itself.
DEPENDENCY_ERRORS = (OperationalError, InterfaceError, ConnectionError, TimeoutError)


class Execution:
    """Innermost. Async functions run here, others in a bounded pool of worker threads.

    A worker thread cannot be stopped: after a timeout it goes on until its function returns.
    """

    def __init__(self, threads: ThreadPoolExecutor, resolvers: Mapping[type, Resolver]) -> None:
        self._threads = threads
        self._resolvers = {**PROVIDED, **resolvers}

    async def __call__(self, call: ToolCall, call_next: Next) -> ToolResult:
        timeout_s = call.policy.timeout_s
        try:
            async with asyncio.timeout(timeout_s) as limit:
                value = await self._run(call)
        except ToolError:
            raise
        except TimeoutError as error:
            if limit.expired():
                raise ToolTimeout(f"{call.tool.name!r} did not answer within {timeout_s:g} s.") from None
            raise explained(error, call) from error
        except Exception as error:
            raise explained(error, call) from error
        return answered(call, value)

    async def _run(self, call: ToolCall) -> Any:
        arguments = dict(call.arguments)
        for name, wanted in call.tool.schema.injected.items():
            arguments[name] = self._resolvers[wanted](call)
        if call.tool.is_async:
            return await call.tool.function(**arguments)
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, copy_context().run, _in_thread, call.tool.function, arguments
        )


def _in_thread(function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """Django closes a thread's stale connections around requests; here nobody else would."""
    close_old_connections()
    try:
        return function(**arguments)
    except StopIteration as error:
        raise RuntimeError("the tool raised StopIteration") from error  # a future cannot hold one
    finally:
        close_old_connections()


def explained(error: Exception, call: ToolCall) -> ToolError:
    """*error* for the caller: what kind it is, and nothing of its inside. The log holds the rest."""
    kind = type(error).__name__
    logger.error("%s (%s) failed", call.tool.name, call.tool_call_id, exc_info=error)
    if isinstance(error, DEPENDENCY_ERRORS):
        return ProviderError(f"A service behind {call.tool.name!r} failed ({kind}): try again later.")
    return ToolBug(
        f"{call.tool.name!r} failed unexpectedly ({kind}): the log of {call.tool_call_id} holds the cause."
    )


def answered(call: ToolCall, value: Any) -> ToolResult:
    """*value* as a result. Raises ReturnedFailure where it says that it is none."""
    try:
        encoded = to_json(value, inf_nan_mode="null")
    except PydanticSerializationError as error:
        logger.error("%s (%s) returned what is not JSON", call.tool.name, call.tool_call_id, exc_info=error)
        raise ToolBug(
            f"{call.tool.name!r} returned a {type(value).__name__}, which cannot be sent as JSON."
        ) from error
    result = from_json(encoded)
    if isinstance(result, dict) and (result.get("success") is False or result.get("isError") is True):
        raise ReturnedFailure(_said(result) or f"{call.tool.name!r} could not do it and did not say why.")
    return ToolResult(tool=call.tool.name, tool_call_id=call.tool_call_id, result=result, encoded=encoded)


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
