"""What litellm raises, as the vendor itself said it: litellm keeps its answer behind exceptions of its own."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

# By litellm's classes, for what it refuses or finds out before any vendor answers.
CODES: Mapping[str, str] = {
    "AuthenticationError": "invalid_api_key",
    "PermissionDeniedError": "permission_denied",
    "RateLimitError": "rate_limit_exceeded",
    "ContextWindowExceededError": "context_length_exceeded",
    "ContentPolicyViolationError": "content_policy_violation",
    "UnsupportedParamsError": "unsupported_parameter",
    "NotFoundError": "model_not_found",
    "Timeout": "timeout",
}
# What happened on the way to the vendor; the first that fits.
ON_THE_WAY: tuple[tuple[type[Exception], str, str], ...] = (
    (httpx.ConnectError, "unreachable", "The vendor cannot be reached"),
    (httpx.ConnectTimeout, "unreachable", "The vendor did not take the connection in time"),
    (httpx.TimeoutException, "timeout", "The vendor did not answer in time"),
    (httpx.TransportError, "broken_stream", "The connection to the vendor broke off"),
    (json.JSONDecodeError, "unreadable", "The vendor answered with what is not JSON"),
)
NO_PROVIDER = "LLM Provider NOT provided"
TRACEBACK = "Traceback (most recent call last)"  # behind what litellm stumbled over in an answer
NO_ANSWER = ("invalid response from LLM endpoint", "Error converting to valid response", TRACEBACK)
PASSED_ON = ("retry-after", "retry-after-ms")
BROKEN = {"error": {"message": "The stream broke off before the answer was whole", "code": "broken_stream"}}
NO_STREAM = {"error": {"message": "The vendor answered with what is not a stream of its", "code": "unreadable"}}


@dataclass(frozen=True, slots=True)
class Told:
    """An error as it goes back: an answer of HTTP, or its body as an event of a stream."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    @property
    def document(self) -> Mapping[str, Any]:
        """The body as an event, with the status that has no other place there."""
        try:
            found = json.loads(self.body)
        except ValueError:
            found = None
        found = found[0] if isinstance(found, list) and found else found
        error = (found.get("error") or found) if isinstance(found, dict) else f"The vendor answered {self.status}"
        error = error if isinstance(error, dict) else {"message": str(error)}
        return {"error": {"code": str(self.status), **{name: each for name, each in error.items() if each}}}


def told(error: Exception, key: str) -> Told:
    """What *error* is told as: the vendor's answer if there was one. *key* is left out, which some repeat."""
    chain = list(behind(error))
    response = next((found for each in chain if (found := answered(each)) is not None), None)
    if response is not None:
        headers = {name: response.headers[name] for name in PASSED_ON if name in response.headers}
        return Told(response.status_code, without(key, response.content), headers)
    first = first_of(error)
    code, message = of_the_way(chain) or by_class(first)
    status = getattr(first, "status_code", None)
    status = status if isinstance(status, int) and 400 <= status <= 599 else 500
    body = json.dumps({"error": {"message": message, "code": code}}).encode()
    return Told(status, without(key, body), {})


def behind(error: BaseException | None) -> Iterator[Exception]:
    """*error* and what it came of, the innermost first."""
    found: list[Exception] = []
    open_ones = [error]
    while open_ones:
        one = open_ones.pop(0)
        if isinstance(one, Exception) and one not in found:
            found.append(one)
            open_ones += [getattr(one, "original_exception", None), one.__cause__, one.__context__]
    return reversed(found)


def first_of(error: Exception) -> Exception:
    """What went wrong first, where litellm would have had another model go on with a stream."""
    while isinstance(inner := getattr(error, "original_exception", None), Exception):
        error = inner
    return error


def answered(error: Exception) -> httpx.Response | None:
    """The vendor's answer in *error*, where it is one: litellm makes up others, with no body or its own."""
    response = getattr(error, "response", None)
    if not (isinstance(error, httpx.HTTPStatusError) and isinstance(response, httpx.Response)):
        return None
    return response if response.is_stream_consumed and response.status_code >= 400 else None


def of_the_way(chain: list[Exception]) -> tuple[str, str] | None:
    for kind, code, message in ON_THE_WAY:
        if any(isinstance(each, kind) for each in chain):
            return code, message
    if any(words in str(each) for each in chain for words in NO_ANSWER):
        return "unreadable", "The vendor answered with what litellm cannot read"
    return None


def by_class(error: Exception) -> tuple[str, str]:
    """*error* as litellm says it, who is asked nothing."""
    said = str(getattr(error, "message", "") or error).removeprefix("litellm.")
    if NO_PROVIDER in said:
        return "model_not_found", "litellm knows no vendor by this name: a model is called vendor/model"
    return CODES.get(type(error).__name__, ""), said


def without(key: str, body: bytes) -> bytes:
    return body.replace(json.dumps(key)[1:-1].encode(), b"[key]") if key else body
