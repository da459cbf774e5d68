"""Every way a call can fail, and what may be done about it.

An error's ``layer`` is the outcome that the call is counted under (``telemetry.semconv.Outcome``); ``code``
is stable and machine-readable; the message is one sentence that says what to do.
"""

from collections.abc import Iterable
from typing import Any, ClassVar

from telemetry.semconv import Outcome


class ToolError(Exception):
    """A call that did not succeed. ``str(error)`` is for people; ``code`` and ``layer`` are for programs."""

    code: str = "tool_error"
    layer: ClassVar[Outcome] = Outcome.TOOL_BUG
    retryable: bool = False
    blames_tool: bool = True  # False: it says nothing about the tool's health, so no breaker counts it
    status: ClassVar[int] = 500  # of the HTTP answer
    title: ClassVar[str] = "The tool failed"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        hint: str = "",
        retryable: bool | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint
        self.retry_after_s = retry_after_s
        # Set by the tracing stage, so that an error can always be found among the spans.
        self.tool_call_id = ""
        self.retry_count = 0
        self.hedges = 0  # attempts that ran beside others
        # Whether it is the ending of an earlier call with the same idempotency key.
        self.replayed = False
        self.queued_s = 0.0  # how long the call waited for its turn
        self.cache = ""  # as of a ToolResult
        self.violations: tuple[str, ...] = ()  # as of InvalidArguments
        if code is not None:
            self.code = code
        if retryable is not None:
            self.retryable = retryable


class InvalidArguments(ToolError):
    """The payload does not fit the tool's schema.

    ``violations`` says what broke it, ``"path: kind"`` each, the kind in the validator's word for it.
    """

    code = "invalid_arguments"
    layer = Outcome.ARGUMENTS
    status = 400
    title = "The arguments do not fit the tool"

    def __init__(self, detail: str, *, violations: Iterable[str] = (), **about: Any) -> None:
        super().__init__(detail, **about)
        self.violations = tuple(violations)


class UnknownTool(ToolError):
    code = "unknown_tool"
    layer = Outcome.ARGUMENTS
    status = 404
    title = "There is no such tool"


class NotAuthorized(ToolError):
    """The caller's role may not call this tool, or the tool is switched off."""

    code = "not_authorized"
    layer = Outcome.AUTHORIZATION
    status = 403
    title = "The caller may not call this tool"


class RateLimited(ToolError):
    """A rate or a quota is used up.

    ``limit`` says which: its name, how many calls, and in how many seconds (0: a month).
    """

    code = "rate_limited"
    layer = Outcome.RATE_LIMIT
    retryable = True
    status = 429
    title = "Too many calls"

    def __init__(
        self,
        detail: str = "Too many calls.",
        *,
        limit: tuple[str, int, int] | None = None,
        retry_after: float | None = None,
        **about: Any,
    ) -> None:
        """*retry_after* is another name of ``retry_after_s``."""
        super().__init__(detail, **({"retry_after_s": retry_after} | about))
        self.limit = limit

    @property
    def retry_after(self) -> float | None:
        """``retry_after_s``, as callers of other limiters know it."""
        return self.retry_after_s


class QueueFull(RateLimited):
    """Too many calls already wait for their turn."""

    code = "queue_full"
    blames_tool = False
    title = "Too many calls wait"


class BreakerOpen(ToolError):
    code = "breaker_open"
    layer = Outcome.BREAKER
    retryable = True
    status = 503
    title = "The tool is resting"


class IdempotencyInProgress(ToolError):
    """Another request with the same idempotency key has not been answered yet."""

    code = "idempotency_in_progress"
    layer = Outcome.RATE_LIMIT
    retryable = True
    status = 409
    title = "The first call with this idempotency key still runs"


class IdempotencyKeyReused(InvalidArguments):
    """The idempotency key stands for another call."""

    code = "idempotency_key_reused"
    status = 422
    title = "The idempotency key stands for another call"


class ToolTimeout(ToolError):
    code = "timeout"
    layer = Outcome.TIMEOUT
    retryable = True
    status = 504
    title = "The tool took too long"


class DeadlineExceeded(ToolTimeout):
    """The time for the whole call is over: attempts, waits between them, and waiting for its turn."""

    code = "deadline_exceeded"
    title = "The call took too long"


class QueueTimeout(ToolTimeout):
    """The call waited for its turn until its deadline."""

    code = "queue_timeout"
    blames_tool = False
    title = "The call waited too long for its turn"


class ProviderError(ToolError):
    """Something the tool depends on failed: a gateway, a model, a database."""

    code = "provider_error"
    layer = Outcome.PROVIDER
    retryable = True
    status = 502
    title = "A service behind the tool failed"


class ReturnedFailure(ToolError):
    """The tool ran and says that it could not do what was asked, for example that a customer does not exist."""

    code = "returned_failure"
    layer = Outcome.RETURNED_FAILURE
    status = 422
    title = "The tool could not do it"


class ToolBug(ToolError):
    """An exception that the tool did not mean to raise."""

    code = "tool_bug"
    layer = Outcome.TOOL_BUG
    status = 500
    title = "The tool has a fault"


# The names under which callers' code knows these already.
ToolInputError = InvalidArguments
ToolPermissionError = NotAuthorized
ToolNotFoundError = UnknownTool
RateLimitError = RateLimited
