"""The front door: everybody who wants a tool called calls this."""

import asyncio
import logging
import random as random_module
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import nullcontext, suppress
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar, Unpack

from django.conf import settings

from tools.calls import cancellation
from tools.calls.call import Caller, Next, StatusCallback, ToolCall, ToolResult, new_tool_call_id
from tools.calls.chunks import Stream
from tools.calls.deadline import deadline_of, granted
from tools.calls.nested import Calls
from tools.calls.request import Request, caller_of
from tools.calls.stage import compose
from tools.decisions import live
from tools.definition.policy import ToolPolicy, ToolRetryPolicy
from tools.definition.registry import ToolRegistry, build_default_registry
from tools.definition.tool import ToolDefinition
from tools.errors import ToolError
from tools.notifications.dispatch import NO_HOOKS, Hooks
from tools.notifications.events import Events
from tools.notifications.hooks import Hook
from tools.notifications.metrics import observe_abandoned, observe_call, observe_hook
from tools.notifications.state_watch import StateWatch
from tools.process.background import BackgroundLoop
from tools.process.threads import ToolThreads
from tools.running.admissions import Admissions
from tools.running.assembly import build_stage, check_calls, check_injected
from tools.running.limits import Limits
from tools.running.parallel import Batch
from tools.running.resolvers import PROVIDED, Resolver
from tools.running.streaming.delivery import Streamed, delivered
from tools.running.unknown_tool import UNKNOWN, Unknown
from tools.state.base import CacheOptions, SharedState
from tools.state.buckets.leases import Leases
from tools.state.fallback import FallbackState
from tools.state.memory import MemoryState
from tools.state.reporter import Reporter
from tools.state.slots.gates import Gates
from tools.state.valkey import ValkeyState

logger = logging.getLogger(__name__)
GIVE_BACK_WITHIN_S = 2.0
T = TypeVar("T")
Policies = Callable[[ToolDefinition[..., Any]], ToolPolicy]


class ToolExecutor:
    """Runs tool calls through the stages of ``settings.TOOL_STAGES``. Build one a process and keep it."""

    def __init__(
        self,
        registry: ToolRegistry | None = None,
        *,
        state: SharedState | None = None,
        policies: Policies = live.policy,
        resolvers: Mapping[type, Resolver] | None = None,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Callable[[], float] = random_module.random,
        hooks: Iterable[Hook] = (),
    ) -> None:
        """*resolvers* fill parameters marked ``Injected[T]``, by T. Raises LookupError if one is missing.

        *hooks* are told what happens to calls: objects with any of the methods of ``tools.notifications.hooks``.
        """
        self.registry = build_default_registry() if registry is None else registry
        resolvers = {Calls: partial(Calls, self), **(resolvers or {})}
        check_injected(self.registry, {*PROVIDED, *resolvers})
        check_calls(self.registry)
        self._policies = policies
        self._clock = clock
        self._background = BackgroundLoop("salesboost-tools")
        self.state = build_state(self._background) if state is None else state
        self._sync = BackgroundLoop("salesboost-sync-calls")
        self.threads = ToolThreads()
        self.hooks = Hooks(hooks, observe_hook)
        if self.hooks.on_state_change:
            self._background.submit(StateWatch(self.state, self.registry, policies, self.hooks).run())
        self.reporter = Reporter(self.state, self._background)
        self.gates = Gates(self.state, self._background)
        limits = Limits(live.key_named, settings.TOOL_RATE_LIMIT_ENABLED)
        self.retry_policy = retry_policy_of_settings()
        self._leases = Leases(self.state, self._background)
        parts: dict[str, Any] = {
            "clock": clock,
            "sleep": sleep,
            "random": random,
            "state": self.state,
            "gates": self.gates,
            "admissions": Admissions(
                self.state, self.reporter, limits=limits, leases=self._leases, gates=self.gates
            ),
            "reporter": self.reporter,
            "events": Events(self._background),
            "observe": observe_call,
            "threads": self.threads,
            "observe_abandoned": observe_abandoned,
            "resolvers": resolvers,
            "limits": limits,
            "hooks": self.hooks,
            "retry_policy": self.retry_policy,
            "again": self._again,
        }
        self._parts = parts
        built = [build_stage(path, parts) for path in settings.TOOL_STAGES]
        self._run: Next = compose(built)
        # A tool that does not exist is refused right inside the outermost stage, which records it.
        self._outermost = built[:1]
        self._run_unknown = compose([*self._outermost, Unknown(self.registry)])

    async def execute(self, *, name: str, payload: Any, **request: Unpack[Request]) -> ToolResult:
        """Call the tool *name* with *payload*, an object of arguments.

        Raises ToolError, whose ``tool_call_id`` finds the span; TypeError for a keyword that is not in *request*.
        """
        if unknown := request.keys() - Request.__annotations__.keys():
            raise TypeError(f"execute() takes no {', '.join(sorted(unknown))}: see tools.calls.request.Request.")
        known = name in self.registry
        tool = self.registry.get(name) if known else UNKNOWN
        policy = self._policies(tool) if known else tool.policy
        began = self._clock()
        deadline, hurried = deadline_of(began, policy.deadline_s, request.get("deadline_s"))
        call = ToolCall(
            tool=tool,
            policy=policy,
            payload=payload,
            caller=caller_of(request),
            tool_call_id=request.get("tool_call_id") or new_tool_call_id(),
            status_callback=request.get("status_callback"),
            began=began,
            deadline=deadline,
            stream=request.get("stream"),
            on_limits=request.get("on_limits"),
            idempotency_key=request.get("idempotency_key", ""),
            hurried=hurried,
            repairs=request.get("repairs", ()),
            chosen=request.get("chosen"),
            requested="" if known else name,
        )
        return await (self._run if known else self._run_unknown)(call)

    def stream(self, *, name: str, payload: Any, **request: Unpack[Request]) -> Streamed:
        """``execute``, but first each ``Chunk`` of a streaming tool as it comes; the ToolResult is the last item.

        Close it, or be cancelled, to cancel the call. The tool waits for who takes its chunks slowly.
        """

        def execute(stream: Stream) -> Coroutine[Any, Any, ToolResult]:
            request["stream"] = stream
            return self.execute(name=name, payload=payload, **request)

        in_chunks = name in self.registry and self.registry.get(name).streams
        # That of who asks, so that the call is in their trace: a server reads the answer after the view is left.
        return delivered(execute, in_chunks=in_chunks, context=copy_context())

    async def _again(self, call: ToolCall) -> ToolResult:
        """What a stage calls that needs a call of its own: the whole pipeline."""
        return await self._run(call)

    async def execute_unheard(
        self,
        tool: ToolDefinition[..., Any],
        payload: Any,
        *,
        stages: Sequence[str] = (),
        threads: ToolThreads | None = None,
        log_fault: Callable[[ToolCall, str, BaseException], None] | None = None,
    ) -> ToolResult:
        """Call *tool*, which need not be registered, for nobody: no hook, counter or session hears of it.

        Through *stages* (dotted paths), or all; *log_fault* hears of a fault, else the log. Raises ToolError.
        """
        parts = {
            **self._parts,
            **{"observe": _tell_nobody, "observe_abandoned": _tell_nobody, "hooks": NO_HOOKS},
            "threads": threads or self.threads,
            **({"log_fault": log_fault} if log_fault else {}),
        }
        run = compose([build_stage(path, parts) for path in stages or settings.TOOL_STAGES])
        began = self._clock()
        deadline, _ = deadline_of(began, tool.policy.deadline_s, None)
        call = ToolCall(
            tool=tool, policy=tool.policy, payload=payload, caller=Caller(), began=began, deadline=deadline
        )
        return await run(call)

    async def refuse(
        self,
        error: ToolError,
        *,
        requested: str = "",
        caller: Caller | None = None,
        payload: Any = None,
        tool_call_id: str | None = None,
        status_callback: StatusCallback | None = None,
    ) -> ToolError:
        """Record a request that never became a call, as *error*; the same error, which now names its span."""

        async def raise_it(call: ToolCall, call_next: Next) -> ToolResult:
            raise error

        known = requested in self.registry
        call = ToolCall(
            tool=self.registry.get(requested) if known else UNKNOWN,
            policy=UNKNOWN.policy,
            payload=payload,
            caller=caller or Caller(),
            tool_call_id=tool_call_id or new_tool_call_id(),
            status_callback=status_callback,
            requested="" if known else requested,
        )
        with suppress(ToolError):
            await compose([*self._outermost, raise_it])(call)
        return error

    async def execute_parallel(
        self,
        calls: Iterable[Mapping[str, Any]],
        *,
        caller_role: str = "",
        max_concurrent: int | None = None,
        **common: Any,
    ) -> list[ToolResult | ToolError]:
        """Make *calls* (``{"tool", "payload", "id"?, …}``) side by side; results and errors in the given order.

        ``{"$ref": "id.path"}`` in a payload is a place in the result of the call with that id, which is waited for
        (``references.py``). What a call does not say itself (``caller_role``, …) is taken from the keywords.
        ``deadline_s`` is for all of them together, waiting for their turn included.
        Raises InvalidPlan before any call is made where references lead in a circle or to no call.
        """
        most = max_concurrent or settings.TOOL_PARALLEL_MAX_CONCURRENT
        with granted(self._clock(), common.pop("deadline_s", None)):
            batch = Batch(self, list(calls), {"caller_role": caller_role, **common})
            return await batch.endings(most if settings.TOOL_PARALLEL_ENABLED else 1)

    def execute_sync(self, *, name: str, payload: Any, **request: Unpack[Request]) -> ToolResult:
        """``execute`` for callers without an event loop of their own; blocks the thread until the answer."""
        return self.wait(self.execute(name=name, payload=payload, **request))

    def wait(self, asked: Coroutine[Any, Any, T]) -> T:
        """The result of *asked* for callers without an event loop of their own; blocks the thread until then."""
        if self._sync.is_current:
            asked.close()
            raise RuntimeError("A call without await was made by a tool that runs in one: await there.")
        made = self._sync.submit(asked)
        around = cancellation.find()
        with around.also(made.cancel) if around else nullcontext():
            return made.result()

    async def flush(self) -> None:
        """Return when what ended calls left behind (cached results, breaker counts) is in shared state."""
        await self.reporter.aflush()

    def close(self) -> None:
        """Send what is left, end the background threads."""
        try:
            self.reporter.flush()
            self._background.submit(self._leases.release()).result(GIVE_BACK_WITHIN_S)
            self.gates.close()
        except TimeoutError:
            logger.warning("the last reports of calls or leased tokens could not be sent")
        self.threads.close()
        self.hooks.close()
        self._sync.stop()
        self._background.stop()


def _tell_nobody(*told: object) -> None:
    """What is not counted."""


def retry_policy_of_settings() -> ToolRetryPolicy:
    """Retries as the settings have them: one attempt a call where they are switched off."""
    attempts = settings.TOOL_RETRY_MAX_ATTEMPTS if settings.TOOL_RETRY_ENABLED else 1
    return ToolRetryPolicy(attempts, settings.TOOL_RETRY_BASE_DELAY)


def build_state(background: BackgroundLoop) -> SharedState:
    """Shared state as the settings have it: Valkey's, with this process's memory for when that is away."""
    cache = CacheOptions(lru=settings.TOOL_CACHE_LRU_ENABLED, access_tracking=settings.TOOL_CACHE_ACCESS_TRACKING)
    valkey = ValkeyState(settings.REDIS_URL, cache=cache)
    return FallbackState(valkey, background, partial(MemoryState, cache=cache))
