"""Runs calls side by side, each as soon as those that it waits for are done."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextvars import copy_context
from typing import Any, Generic, Protocol, TypeVar, Unpack, cast

from telemetry.semconv import Outcome
from tools.calls.call import Caller, StatusCallback, ToolResult
from tools.calls.request import Request, caller_of
from tools.errors import InvalidArguments, ToolError
from tools.running.plan import InvalidPlan, Plan, make_plan, sorter_of

MAX_CAUSES_SHOWN = 5
T = TypeVar("T")
Ending = ToolResult | ToolError


class Executor(Protocol):
    """What is needed of the ``ToolExecutor``, which itself knows this module."""

    async def execute(self, *, name: str, payload: Any, **request: Unpack[Request]) -> ToolResult: ...

    async def refuse(
        self,
        error: ToolError,
        *,
        requested: str = "",
        caller: Caller | None = None,
        payload: Any = None,
        tool_call_id: str | None = None,
        status_callback: StatusCallback | None = None,
    ) -> ToolError: ...


class DependencyFailed(ToolError):
    """A call was not made, because one whose result it needs failed.

    ``causes`` are the calls that failed themselves, by place: not those which were not made either.
    """

    code = "dependency_failed"
    layer = Outcome.ARGUMENTS  # they could not be made
    status = 424
    title = "A call that this one needs failed"

    def __init__(self, detail: str, *, causes: Mapping[int, ToolError] | None = None, hint: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.causes = causes or {}


class Run(Generic[T]):
    """Work at places 0 to n, each a task of its own, at most *most* at once."""

    def __init__(self, needs: Sequence[Collection[int]], work: Callable[[int], Awaitable[T]], most: int) -> None:
        self._work = work
        self._free = most
        self._sorter = sorter_of(needs)
        self._ready: deque[int] = deque()
        self._done: dict[int, T] = {}
        # Not that of the task which makes room: what a tool sets in its own must not reach the next one.
        self._context = copy_context()
        self._group = asyncio.TaskGroup()

    async def results(self) -> list[T]:
        """By place. An exception of one, and a cancellation of the caller, cancel all and start no more."""
        self._sorter.prepare()
        try:
            async with self._group:
                self._start_ready()
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None
        return [self._done[index] for index in range(len(self._done))]

    def _start_ready(self) -> None:
        self._ready.extend(self._sorter.get_ready())
        while self._ready and self._free:
            self._free -= 1
            self._group.create_task(self._one(self._ready.popleft()), context=self._context.copy())

    async def _one(self, index: int) -> None:
        self._done[index] = await self._work(index)
        self._free += 1
        self._sorter.done(index)
        task = asyncio.current_task()
        if task is None or not task.cancelling():  # a tool may swallow its cancellation
            self._start_ready()


class Batch:
    """The calls of one ``execute_parallel``."""

    def __init__(self, executor: Executor, calls: Sequence[Mapping[str, Any]], common: Mapping[str, Any]) -> None:
        """*common* is what holds for each call that does not say it itself.

        An idempotency key in it is that of all calls together: each has it with its place.
        """
        self._executor = executor
        self._calls = calls
        self._common = dict(common)
        self._key = self._common.pop("idempotency_key", "")
        self._endings: dict[int, Ending] = {}
        self._results: dict[str, Any] = {}

    async def endings(self, most: int) -> list[Ending]:
        """Results and errors in the order of the calls. Raises InvalidPlan before any is made."""
        try:
            self._plan = make_plan(self._calls)
        except InvalidPlan as error:
            raise await self._refuse(error, self._common) from None
        return await Run(self._plan.needs, self._ending, most).results()

    async def _ending(self, index: int) -> Ending:
        ending = self._endings[index] = await self._made(index)
        if isinstance(ending, ToolResult) and (step := self._plan.ids[index]):
            self._results[step] = ending.result
        return ending

    async def _made(self, index: int) -> Ending:
        request = {"payload": {}, **self._common, **self._calls[index]}
        request.pop("id", None)
        if self._key:
            request.setdefault("idempotency_key", f"{self._key}/{index}")
        names = [request.pop(key, None) for key in ("tool", "name")]
        name = names[0] or names[1]
        try:
            check_named(*names)
            if causes := self._causes(index):
                raise dependency_failed(self._plan, index, causes)
            request["payload"] = self._plan.payloads[index].filled(self._results)
        except ToolError as error:
            return await self._refuse(error, request, str(name or ""))
        try:
            return await self._executor.execute(name=name, **request)
        except ToolError as error:
            return error

    def _causes(self, index: int) -> dict[int, ToolError]:
        """The failed calls for which the one at *index* cannot be made."""
        causes: dict[int, ToolError] = {}
        for need in sorted(self._plan.needs[index]):
            ending = self._endings[need]
            if isinstance(ending, DependencyFailed):
                causes.update(ending.causes)
            elif isinstance(ending, ToolError):
                causes[need] = ending
        return causes

    async def _refuse(self, error: ToolError, request: Mapping[str, Any], name: str = "") -> ToolError:
        return await self._executor.refuse(
            error,
            requested=name,
            caller=caller_of(cast(Request, request)),
            payload=request.get("payload"),
            tool_call_id=request.get("tool_call_id"),
            status_callback=request.get("status_callback"),
        )


def check_named(tool: Any, name: Any) -> None:
    """Raises InvalidArguments unless a call names one tool: by ``tool``, or by ``name``, which means the same."""
    if not isinstance(tool or name, str):
        raise InvalidArguments("A call of execute_parallel names no tool: give each {'tool': …, 'payload': …}.")
    if tool and name and tool != name:
        raise InvalidArguments(
            f"A call of execute_parallel has the tool {str(tool)[:80]!r} and the name {str(name)[:80]!r}: "
            "give one of them."
        )


def dependency_failed(plan: Plan, index: int, causes: Mapping[int, ToolError]) -> DependencyFailed:
    """Why the call at *index* was not made."""
    shown = list(causes.items())[:MAX_CAUSES_SHOWN]
    said = "; ".join(f"step {plan.name(need)} failed ({error.code}): {error.detail}" for need, error in shown)
    more = f"; and {len(causes) - len(shown)} more" if len(causes) > len(shown) else ""
    steps = ", ".join(plan.name(need) for need, _ in shown)
    return DependencyFailed(
        f"{plan.name(index)} was not called, because it needs what failed: {said}{more}",
        causes=causes,
        hint=f"mend {steps} and send the calls again",
    )
