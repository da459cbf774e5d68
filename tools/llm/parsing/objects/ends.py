"""How an answer ended, in each provider's words: whether its model was let go on to the end of what it wrote."""

from collections.abc import Mapping
from typing import Any

from tools.llm.parsing.parsed import ProblemKind

# The length was spent.
_CUT_OFF = frozenset(
    {
        *("length", "max_tokens", "max_output_tokens", "model_context_window_exceeded", "incomplete"),
        *("max_token", "token_limit", "error_limit", "context_length_exceeded"),
    }
)
# A filter or the model itself stopped it.
_STOPPED = frozenset(
    {
        *(
            "content_filter",
            "content_filtered",
            "refusal",
            "safety",
            "recitation",
            "blocklist",
            "prohibited_content",
        ),
        *(
            "spii",
            "language",
            "image_safety",
            "other",
            "guardrail_intervened",
            "error_toxic",
            "blocked",
            "sensitive",
        ),
    }
)
# The provider says that the answer is none.
_FAILED = frozenset(
    {
        *(
            "error",
            "malformed_function_call",
            "unexpected_tool_call",
            "too_many_tool_calls",
            "failed",
            "cancelled",
        ),
        *("malformed_tool_use", "malformed_model_output", "missing_thought_signature", "malformed_response"),
    }
)
_WORDS = ("finish_reason", "finishReason", "stop_reason", "stopReason", "done_reason")


def reason_of(answer: Mapping[str, Any]) -> str:
    """Why *answer* ended, in its provider's word; '' where it does not say."""
    inner = answer.get("response_metadata")  # LangChain
    for place in (answer, inner if isinstance(inner, Mapping) else {}):
        for word in _WORDS:
            if isinstance(place.get(word), str):
                return str(place[word])
    return ""


def stopped(reason: str) -> ProblemKind | None:
    """What it makes of a call without arguments that the answer ended for that *reason*; None: nothing."""
    word = reason.lower()
    return ProblemKind.TRUNCATED if word in _CUT_OFF else ProblemKind.PROVIDER_FAILED if word in _STOPPED else None


def is_failure(reason: str) -> bool:
    """True where nothing of the answer may be run, whatever it holds."""
    return reason.lower() in _FAILED
