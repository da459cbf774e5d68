"""How a tool call ended, where the span itself does not say so in our words. Pure."""

import re
from typing import Any

from telemetry import semconv as sc
from telemetry.semconv import Outcome

# What OpenTelemetry's MCP conventions put into `error.type` when a result has `isError: true`.
TOOL_ERROR = "tool_error"

# The first pattern found in the error's type, or else in its message, decides. Someone else's 429 is a failure
# of what the tool depends on: only a limit of ours is a refusal, which success rates leave out.
LAYERS: tuple[tuple[Outcome, re.Pattern[str]], ...] = tuple(
    (outcome, re.compile(pattern, re.IGNORECASE))
    for outcome, pattern in (
        (Outcome.RETURNED_FAILURE, r"^tool_?error$"),
        (Outcome.TIMEOUT, r"time[-_ ]?d?[-_ ]?out|deadline|\b(408|504)\b|etimedout"),
        (Outcome.BREAKER, r"circuit|breaker"),
        (
            Outcome.ARGUMENTS,
            r"validation|invalid[-_ ]?(arg|param|input|request)|json[-_ ]?decode|schema|-32602|bad[-_ ]?request"
            r"|\b(400|422)\b",
        ),
        (Outcome.AUTHORIZATION, r"permission|unauthori[sz]ed|not[-_ ]?authori[sz]ed|forbidden|\b(401|403)\b"),
        (
            Outcome.PROVIDER,
            r"connect|network|http|socket|\bdns|\bssl|api[-_ ]?(status|error)|unavailable|rate[-_ ]?limit"
            r"|too[-_ ]?many|overloaded|upstream|gateway|provider|econn|\b(429|5\d\d)\b",
        ),
    )
)

_BY_NAME = {str(outcome): outcome for outcome in Outcome}


def stated(said: Any) -> Outcome | None:
    """The outcome that the span itself names; None if it names none, or one that does not exist."""
    return _BY_NAME.get(said) if isinstance(said, str) else None


def layer_of(error_type: str, message: str) -> Outcome:
    """The layer that failed; a fault of the tool where nothing is known."""
    for text in (error_type, message):
        for outcome, pattern in LAYERS:
            if pattern.search(text):
                return outcome
    return Outcome.TOOL_BUG


def is_tool_error(error_type: str) -> bool:
    """Whether *error_type* says no more than that a tool returned an error."""
    return error_type.lower() in (TOOL_ERROR, "toolerror")


def succeeded(cache: Any, attempts: int) -> Outcome:
    """The rung of the ladder of a call that ended well; *cache* is what it says of the cache (``sc.CACHE``)."""
    if cache in sc.ANSWERED_BY_CACHE:
        return Outcome.FROM_CACHE
    return Outcome.AFTER_RETRY if attempts > 1 else Outcome.FIRST_TRY
