"""The calls that a tool makes itself, of other tools: it takes a parameter annotated ``Injected[Calls]``."""

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol, Unpack

from tools.calls.call import ToolCall, ToolResult
from tools.calls.request import Request
from tools.errors import ToolBug, ToolError

if TYPE_CHECKING:
    from tools.definition.registry import ToolRegistry
    from tools.definition.tool import ToolDefinition

MAX_DEPTH = 10
# The tools that call each other here, the outermost first.
_way: ContextVar[tuple[str, ...]] = ContextVar("salesboost_calls_way", default=())


class Executor(Protocol):
    """What is needed of the ``ToolExecutor``, which itself knows this module."""

    registry: "ToolRegistry"

    async def execute(self, *, name: str, payload: Any, **request: Unpack[Request]) -> ToolResult: ...

    async def execute_parallel(
        self, calls: Iterable[Mapping[str, Any]], *, max_concurrent: int | None = None, **common: Any
    ) -> list[ToolResult | ToolError]: ...


class Calls:
    """Makes calls for the caller of a tool that is running: in its role, its session and its time.

    They are calls like any others, with all stages and a span of their own below that of the tool. What its caller
    may not call, a tool may not either, unless it says so by ``as_role``.
    """

    def __init__(self, executor: Executor, around: ToolCall, *, role: str | None = None) -> None:
        self._executor = executor
        self._around = around
        self._role = around.caller.role if role is None else role

    def as_role(self, role: str) -> "Calls":
        """The same in another role: with it the tool lends its callers what they may not do themselves."""
        return Calls(self._executor, self._around, role=role)

    def tool(self, name: str) -> "ToolDefinition[..., Any]":
        """The tool of that name. Raises UnknownTool."""
        return self._executor.registry.get(name)

    async def call(self, name: str, payload: Any = None, *, step: str = "") -> ToolResult:
        """Call the tool *name*.

        Raises its ToolError, whose text then begins with *step*, or with the tool's name where none is given.
        """
        entered = _way.set(self._deeper())
        try:
            return await self._executor.execute(
                name=name, payload={} if payload is None else payload, **self._request()
            )
        except ToolError as error:
            raise within(step or repr(name), error) from error
        finally:
            _way.reset(entered)

    async def parallel(
        self, calls: Iterable[Mapping[str, Any]], *, max_concurrent: int | None = None
    ) -> list[ToolResult | ToolError]:
        """As ``execute_parallel``: calls may refer to each other, results and errors come in the given order."""
        entered = _way.set(self._deeper())
        try:
            return await self._executor.execute_parallel(calls, max_concurrent=max_concurrent, **self._request())
        finally:
            _way.reset(entered)

    def _request(self) -> Request:
        caller = self._around.caller
        return Request(
            caller_role=self._role,
            session_id=caller.session_id,
            caller_id=caller.caller_id,
            context=caller.context,
            api_key_name=caller.api_key_name,
            sender=caller.sender,
        )

    def _deeper(self) -> tuple[str, ...]:
        way = (*_way.get(), self._around.tool.name)
        if len(way) > MAX_DEPTH:
            raise ToolBug(
                f"Tools call each other more than {MAX_DEPTH} deep: {' → '.join(way)}.",
                code="too_deep",
                hint="let a tool not call itself, directly or through others",
            )
        return way


def within(step: str, error: ToolError) -> ToolError:
    """*error* as that of the call around it: the same kind and code, its text begins with *step*."""
    outer: ToolError = type(error).__new__(type(error))
    outer.__dict__.update(error.__dict__)
    outer.detail = f"{step}: {error.detail}"
    outer.args = (outer.detail,)
    outer.tool_call_id, outer.retry_count = "", 0  # those of the inner call
    return outer
