"""The values that travel through the pipeline. All frozen: a stage that wants a change passes on a copy."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from random import getrandbits
from typing import TYPE_CHECKING, Any, NamedTuple

from telemetry.semconv import Outcome
from tools.definition.policy import ToolPolicy

if TYPE_CHECKING:
    from tools.calls.chosen import Chosen
    from tools.calls.chunks import Stream
    from tools.definition.tool import ToolDefinition
    from tools.state.base import Admission


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks. A tool gets it by a parameter annotated ``Injected[Caller]``.

    ``context`` is what the application says about the call: ``provider``, ``model``, ``prompt_version`` and
    ``agent`` become columns of the span, anything else an attribute. ``caller_id`` is who asks inside the
    application (a user, a tenant), ``sender`` who sent the request ("key app", "user ana"; our own code: nobody).
    """

    role: str = ""
    session_id: str = ""
    context: Mapping[str, str] = field(default_factory=dict)
    api_key_name: str = ""
    caller_id: str = ""
    sender: str = ""

    @property
    def identity(self) -> str:
        """Whom limits "of each caller" count: the named caller, else the session, else the role; per API key."""
        who = self.caller_id or self.session_id or self.role
        return f"{self.api_key_name}/{who}"


StatusCallback = Callable[[dict[str, Any]], Awaitable[None] | None]


def new_tool_call_id() -> str:
    # Not os.urandom: it lets other threads have the interpreter, which costs a busy process milliseconds.
    return f"call_{getrandbits(128):032x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One operation asked for. ``arguments`` is empty until the validation stage has filled it."""

    tool: "ToolDefinition[..., Any]"
    policy: ToolPolicy
    payload: Any
    caller: Caller
    tool_call_id: str = field(default_factory=new_tool_call_id)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    # What shared state said of this call (cache, limiter, breaker); asked once, by the first stage that needs it.
    admission: "Admission | None" = None
    # Told how the call goes, as events of the shape that ``tools.notifications.events.tool_status`` makes.
    status_callback: StatusCallback | None = None
    attempt: int = 1  # counted by the retry stage
    # When it was asked for, by the executor's clock.
    began: float = 0.0
    # When it has to have ended, by the executor's clock; nothing that belongs to it begins later.
    deadline: float = inf
    # Whether the caller, or the call around it, wants it earlier than the tool's policy does.
    hurried: bool = False
    # Of calls with the same key only the first is made; "" for a call that may be made again.
    idempotency_key: str = ""
    # What reading the call from a text changed, one sentence each.
    repairs: Sequence[str] = ()
    # Where the chunks of a streaming tool go; None: nobody waits for them one by one.
    stream: "Stream | None" = None
    # Told what is left of what it is counted by, before its tool runs: the headers of a stream go out first.
    on_limits: "Callable[[Sequence[LimitLeft]], None] | None" = None
    # Set where nobody waits: the call replaces a stale result that was given then, by the clock of shared state.
    refreshes_since_s: float = 0.0
    # By which decision its tool was chosen; None: it was asked for by name.
    chosen: "Chosen | None" = None
    # The name asked for, where no such tool exists and ``tool`` stands for all of those.
    requested: str = ""


class LimitLeft(NamedTuple):
    """One limit that a call was counted by: *quota* calls in *window_s* seconds (0: a month), and what is left."""

    name: str
    quota: int
    window_s: int
    left: int
    full_in_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """A call that succeeded. ``result`` is JSON-ready, ``encoded`` the same as JSON text."""

    tool: str
    tool_call_id: str
    result: Any
    outcome: Outcome = Outcome.FIRST_TRY
    latency_ms: float = 0.0
    retry_count: int = 0
    hedges: int = 0  # attempts that ran beside others
    replayed: bool = False  # the ending of an earlier call with the same idempotency key
    queued_s: float = 0.0  # how long the call waited for its turn
    encoded: bytes = field(default=b"", repr=False, compare=False)
    limits: tuple[LimitLeft, ...] = ()  # of a request: what it was counted by, where that was asked
    cache: str = ""  # how the cache answered (``semconv.CACHE``); "" where it was not asked

    @property
    def cached(self) -> bool:
        return self.outcome is Outcome.FROM_CACHE

    def as_dict(self) -> dict[str, Any]:
        """The shape of the REST answer."""
        return {
            "tool": self.tool,
            "tool_call_id": self.tool_call_id,
            "status": "success",
            "result": self.result,
            "latency_ms": round(self.latency_ms, 3),
            "cached": self.cached,
            "retry_count": self.retry_count,
        }


Next = Callable[[ToolCall], Awaitable[ToolResult]]
