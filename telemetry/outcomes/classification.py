"""How a tool call ended, where the span itself does not say so in our words. Pure."""

from typing import Any

from telemetry import semconv as sc
from telemetry.semconv import Outcome

# What OpenTelemetry's MCP conventions put into `error.type` when a result has `isError: true`.
TOOL_ERROR = "tool_error"


_BY_NAME = {str(outcome): outcome for outcome in Outcome}


def stated(said: Any) -> Outcome | None:
    """The outcome that the span itself names; None if it names none, or one that does not exist."""
    return _BY_NAME.get(said) if isinstance(said, str) else None


def is_tool_error(error_type: str) -> bool:
    """Whether *error_type* says no more than that a tool returned an error."""
    return error_type.lower() in (TOOL_ERROR, "toolerror")


def succeeded(cache: Any, attempts: int) -> Outcome:
    """The rung of the ladder of a call that ended well; *cache* is what it says of the cache (``sc.CACHE``)."""
    if cache in sc.ANSWERED_BY_CACHE:
        return Outcome.FROM_CACHE
    return Outcome.AFTER_RETRY if attempts > 1 else Outcome.FIRST_TRY
