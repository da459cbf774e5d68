"""What an application may be told while calls run: six one-method protocols, of which a hook has any.

A hook watches. Whoever wants to change, delay or refuse calls writes a stage.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from tools.calls.call import ToolCall, ToolResult
from tools.errors import ToolError

Told = Awaitable[None] | None


@dataclass(frozen=True, slots=True)
class CallStarted:
    """A call was asked for; its arguments are not read yet."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A call succeeded, by its tool or from what was kept."""

    call: ToolCall
    result: ToolResult


@dataclass(frozen=True, slots=True)
class CallFailed:
    """A call failed, was refused, or was given up by its caller (code ``cancelled``)."""

    call: ToolCall
    error: ToolError
    latency_ms: float


@dataclass(frozen=True, slots=True)
class CallRetried:
    """Attempt number ``call.attempt`` failed with *error*; the next begins in *delay_s*."""

    call: ToolCall
    error: ToolError
    delay_s: float


@dataclass(frozen=True, slots=True)
class CacheLooked:
    """A call looked for a kept result.

    ``hit``, ``miss``, ``stale`` (given, and fetched anew), ``joined`` (an equal call ran already) or ``semantic``
    (the answer to the same question in other words).
    """

    call: ToolCall
    found: str


@dataclass(frozen=True, slots=True)
class StateChanged:
    """The breaker of *tool*, in whichever process, or (*tool* empty) whether state is shared at all.

    A breaker is ``closed``, ``open``, ``half_open``, or by an admin ``held_open`` or ``held_closed``; state is
    ``shared``, or ``own`` while Valkey is away.
    """

    tool: str
    was: str
    now: str


@runtime_checkable
class OnStart(Protocol):
    def on_start(self, event: CallStarted) -> Told: ...


@runtime_checkable
class OnEnd(Protocol):
    def on_end(self, event: CallEnded) -> Told: ...


@runtime_checkable
class OnError(Protocol):
    def on_error(self, event: CallFailed) -> Told: ...


@runtime_checkable
class OnRetry(Protocol):
    def on_retry(self, event: CallRetried) -> Told: ...


@runtime_checkable
class OnCache(Protocol):
    def on_cache(self, event: CacheLooked) -> Told: ...


@runtime_checkable
class OnStateChange(Protocol):
    def on_state_change(self, event: StateChanged) -> Told: ...


Hook = OnStart | OnEnd | OnError | OnRetry | OnCache | OnStateChange
Event = CallStarted | CallEnded | CallFailed | CallRetried | CacheLooked | StateChanged
KINDS = ("on_start", "on_end", "on_error", "on_retry", "on_cache", "on_state_change")
