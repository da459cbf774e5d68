"""How OpenAI words what went wrong; a kind that is not in the table is the error's own code."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Wording(NamedTuple):
    """How an error of one kind looks. ``words`` stand in place of the message, where they are always the same."""

    status: int
    type: str
    code: str | None
    words: str = ""


KINDS: Mapping[str, Wording] = {
    "invalid": Wording(0, "invalid_request_error", None),
    "path": Wording(404, "invalid_request_error", "unknown_url"),
    "authentication": Wording(401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided: lab."),
    "permission": Wording(
        403, "invalid_request_error", "permission_denied", "You are not allowed to use this model with this key."
    ),
    "rate_limit": Wording(
        429,
        "requests",
        "rate_limit_exceeded",
        "Rate limit reached for requests per min (RPM): Limit 500, Used 500.",
    ),
    "credit": Wording(
        429,
        "insufficient_quota",
        "insufficient_quota",
        "You exceeded your current quota, please check your plan and billing details.",
    ),
    "overloaded": Wording(
        503,
        "service_unavailable_error",
        "server_is_overloaded",
        "Our servers are currently overloaded. Please try again later.",
    ),
    "server": Wording(500, "server_error", None, "The server had an error while processing your request. Sorry!"),
    "model": Wording(404, "invalid_request_error", "model_not_found"),
    "context": Wording(
        400,
        "invalid_request_error",
        "context_length_exceeded",
        "This model's maximum context length is 400000 tokens. However, your messages resulted in 400001 tokens.",
    ),
    "policy": Wording(
        400,
        "invalid_request_error",
        "invalid_prompt",
        "Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
    ),
}


def wording(status: int, kind: str) -> Wording:
    """How an error of *kind* looks, its status known."""
    found = KINDS.get(kind, Wording(0, "invalid_request_error", kind))
    return found._replace(status=found.status or status)


def error(status: int, kind: str, message: str, param: str = "") -> tuple[int, dict[str, Any]]:
    """Status and body of an error of *kind*."""
    known = wording(status, kind)
    says_own = kind == "authentication" and message.startswith("You didn't")  # provide a key at all
    return known.status, {
        "error": {
            "message": message if says_own else known.words or message,
            "type": known.type,
            "param": param or None,
            "code": known.code,
        }
    }
