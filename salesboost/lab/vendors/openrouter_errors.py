"""How OpenRouter words what went wrong: the code is the status, and what another vendor said stands beside it."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from salesboost.lab.vendors.base import Refused
from salesboost.lab.vendors.openai_chat import data

USER = "user_lab"


class Wording(NamedTuple):
    """``words`` stand in place of the message, where they are always the same."""

    status: int
    words: str = ""
    metadata: Mapping[str, Any] = {}


MODERATED = {
    "reasons": ["violence"],
    "flagged_input": "...",
    "provider_name": "OpenAI",
    "model_slug": "openai/gpt-6-sol",
}
RAW = json.dumps({"error": {"message": "Internal error", "type": "server_error"}})
KINDS: Mapping[str, Wording] = {
    "path": Wording(404),
    "model": Wording(404),
    "authentication": Wording(401, "No auth credentials found"),
    "permission": Wording(403, "The request is forbidden by your data policy."),
    "rate_limit": Wording(
        429,
        "Rate limit exceeded: limit_rpm",
        {"headers": {"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "0"}},
    ),
    "credit": Wording(402, "Insufficient credits. Add more using https://openrouter.ai/settings/credits"),
    "overloaded": Wording(503, "Provider returned error", {"raw": "overloaded", "provider_name": "OpenAI"}),
    "server": Wording(500, "Internal Server Error"),
    "upstream": Wording(502, "Provider returned error", {"raw": RAW, "provider_name": "OpenAI"}),
    "no_provider": Wording(503, "No allowed providers are available for the selected model."),
    "context": Wording(
        400, "This endpoint's maximum context length is 400000 tokens. You requested 400001 tokens."
    ),
    "policy": Wording(403, "Input was flagged by moderation.", MODERATED),
}


class Upstream(Refused):
    """What another vendor said of a request that OpenRouter passed on."""

    def __init__(self, provider: str, raw: Mapping[str, Any]) -> None:
        super().__init__(json.dumps({"provider_name": provider, "raw": json.dumps(raw)}), kind="passed_on")


def error(status: int, kind: str, message: str, param: str = "") -> tuple[int, dict[str, Any]]:
    """Status and body of an error of *kind*."""
    if kind == "passed_on":
        inner = {"message": "Provider returned error", "code": status, "metadata": json.loads(message)}
        return status, {"error": inner, "user_id": USER}
    known = KINDS.get(kind, Wording(status))
    inner = {"message": known.words or message, "code": known.status}
    if known.metadata:
        inner["metadata"] = dict(known.metadata)
    return known.status, {"error": inner, "user_id": USER}


def error_chunk(first: Mapping[str, Any]) -> dict[str, Any]:
    """The chunk that a stream ends in when the provider fails; *first* is one of its chunks."""
    choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error", "native_finish_reason": None}
    inner = {"code": 502, "message": "Provider disconnected unexpectedly"}
    return {**first, "error": inner, "choices": [choice]}


def error_event(body: Mapping[str, Any]) -> bytes:
    """*body* amid a stream."""
    inner = {"code": body["error"]["code"], "message": body["error"]["message"]}
    return data({**error_chunk({"id": "gen-0", "object": "chat.completion.chunk"}), "error": inner})


def unknown(model: str) -> Refused:
    """The refusal of a model that never was: a 400, where one that is no more is a 404."""
    return Refused(f"{model} is not a valid model ID")


def gone(model: str) -> Refused:
    """The refusal of a model that is no more."""
    return Refused(f"No endpoints found for {model}.", status=404, kind="model")
