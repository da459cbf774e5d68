"""What is kept of a call that ran: its result, or its failure where the policy asks for that."""

import logging
from dataclasses import replace
from typing import Any

from telemetry.redaction import redact
from tools.cache.failures import keepable, pack
from tools.cache.key import canonical
from tools.calls.call import ToolCall, ToolResult
from tools.errors import ToolError
from tools.state.base import Looked

logger = logging.getLogger(__name__)
MAX_RESULT_BYTES = 1_000_000
ASKED_CHARS = 200


def with_result(looked: Looked, call: ToolCall, result: ToolResult) -> Looked:
    """*looked* with the result, unless that is too large."""
    if len(result.encoded) > MAX_RESULT_BYTES:
        return looked
    policy = call.policy
    kept = replace(looked, value=result.encoded, ttl_s=policy.cache_ttl_s, stale_s=policy.cache_stale_s)
    return _tagged(kept, call, result.result)


def with_failure(looked: Looked, call: ToolCall, error: ToolError) -> Looked:
    """*looked* with the failure, where it is to be kept."""
    kept_s = call.policy.cache_errors_s
    if kept_s <= 0 or not keepable(error):
        return looked
    return _tagged(replace(looked, value=pack(error), ttl_s=kept_s), call, None)


def _tagged(looked: Looked, call: ToolCall, result: Any) -> Looked:
    reads, admission = call.tool.cache.reads, call.admission
    since_s = call.refreshes_since_s or (admission.at_s if admission is not None else 0.0)
    try:
        tags = tuple(reads(call.arguments, result)) if reads else ()
    except Exception:
        logger.exception("%s does not say what it read, so its result is not kept", call.tool.name)
        return replace(looked, value=None)
    return replace(looked, tags=tags, since_s=since_s, asked=asked(call))


def asked(call: ToolCall) -> str:
    """What *call* asks, for people who look at what is kept: its arguments as JSON, redacted and cut."""
    text = redact(canonical(call.arguments)[: ASKED_CHARS * 8].decode(errors="ignore"))
    return text if len(text) <= ASKED_CHARS else text[: ASKED_CHARS - 1] + "…"
