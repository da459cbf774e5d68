"""How a tool call ended, where the span itself does not say so in our words. Pure."""

import json
import re
from collections.abc import Mapping
from typing import Any

from telemetry import semconv as sc
from telemetry.semconv import Outcome

# What OpenTelemetry's MCP conventions put into `error.type` when a result has `isError: true`.
TOOL_ERROR = "tool_error"

# A failure that is told before anything nested begins, in text that is cut off or not JSON at all.
_TOLD = re.compile(r"""^\s*\{[^{}\[\]]*["'](?:success["']\s*:\s*false|isError["']\s*:\s*true)\b""", re.IGNORECASE)


_BY_NAME = {str(outcome): outcome for outcome in Outcome}


def stated(said: Any) -> Outcome | None:
    """The outcome that the span itself names; None if it names none, or one that does not exist."""
    return _BY_NAME.get(said) if isinstance(said, str) else None


def returned_failure(result: Any) -> str | None:
    """What a *result* that tells of a failure (MCP ``isError``, ``success: false``) says; None if it is fine."""
    if isinstance(result, str):
        if "isError" not in result and "success" not in result:
            return None
        try:
            result = json.loads(result)
        except ValueError:
            return "the tool returned a failure" if _TOLD.match(result) else None
    if not isinstance(result, Mapping):
        return None
    if result.get("isError") is True or result.get("success") is False:
        return _message_of(result)
    return None


def succeeded(cache: Any, attempts: int) -> Outcome:
    """The rung of the ladder of a call that ended well; *cache* is what it says of the cache (``sc.CACHE``)."""
    if cache in sc.ANSWERED_BY_CACHE:
        return Outcome.FROM_CACHE
    return Outcome.AFTER_RETRY if attempts > 1 else Outcome.FIRST_TRY


def _message_of(result: Mapping[str, Any]) -> str:
    for key in ("error", "message", "detail"):
        if value := result.get(key):
            return value if isinstance(value, str) else json.dumps(value, default=str)
    content = result.get("content")
    if isinstance(content, list | tuple) and content and isinstance(content[0], Mapping):
        return str(content[0].get("text") or "the tool returned a failure")
    return "the tool returned a failure"
