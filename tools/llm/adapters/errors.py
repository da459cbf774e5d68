"""Every way in which a model call fails, and the one table by which vendors' words for it are read."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

from telemetry.redaction import redact_secrets

MAX_SAID_CHARS = 300
MAX_WAIT_S = 3600.0  # longer than that no vendor's word lets it rest


class ErrorKind(StrEnum):
    """What went wrong, whichever vendor says so. What follows from it is decided by who routes."""

    RATE_LIMIT = "rate_limit"
    OVERLOADED = "overloaded"
    SERVER = "server"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    AUTHENTICATION = "authentication"
    PERMISSION = "permission"
    CREDIT = "credit"
    UNKNOWN_MODEL = "unknown_model"
    CONTEXT = "context"  # more tokens than the model takes
    POLICY = "policy"  # the vendor lets its model say nothing
    CAPABILITY = "capability"  # this model cannot do what was asked; another may
    INVALID = "invalid"  # whoever is asked, this request is none
    MALFORMED_CALL = "malformed_call"  # the model tried to call a tool, and its vendor could not read it
    UNREADABLE = "unreadable"  # the answer is not what the vendor's interface says
    BROKEN_STREAM = "broken_stream"
    TOOL_NOT_CALLED = "tool_not_called"  # the model answered in words, twice, what it had to answer by a call


ADVICE: dict[ErrorKind, str] = {
    ErrorKind.RATE_LIMIT: "wait, or ask another deployment",
    ErrorKind.OVERLOADED: "try again later, or ask another deployment",
    ErrorKind.SERVER: "try again later, or ask another deployment",
    ErrorKind.TIMEOUT: "try again, or ask another deployment",
    ErrorKind.UNREACHABLE: "check the deployment's address and the network",
    ErrorKind.AUTHENTICATION: "enter a valid key for the deployment",
    ErrorKind.PERMISSION: "give the key the right to use this model",
    ErrorKind.CREDIT: "pay the vendor's bill, or ask another deployment",
    ErrorKind.UNKNOWN_MODEL: "correct the model's name: it may be retired",
    ErrorKind.CONTEXT: "shorten the conversation, or ask a model that takes more",
    ErrorKind.POLICY: "ask in other words",
    ErrorKind.CAPABILITY: "ask a model that can, or leave it out",
    ErrorKind.INVALID: "correct the request",
    ErrorKind.MALFORMED_CALL: "ask again, with a simpler prompt or schema",
    ErrorKind.UNREADABLE: "check that the deployment's address is the vendor's interface",
    ErrorKind.BROKEN_STREAM: "ask again: what came so far is not the whole answer",
    ErrorKind.TOOL_NOT_CALLED: "ask a model that can be made to call a tool, or let this one choose",
}


class ModelError(Exception):
    """A model call that gave no answer. ``str(error)`` is one sentence for people that says what to do."""

    def __init__(
        self,
        kind: ErrorKind,
        said: str = "",
        *,
        status: int = 0,
        code: str = "",
        retry_after_s: float | None = None,
        document: Mapping[str, Any] | None = None,
    ) -> None:
        """*said* is what happened, in the vendor's words or ours; *document* the JSON that the vendor sent."""
        super().__init__()
        self.kind, self.status, self.code = kind, status, code
        self.retry_after_s = retry_after_s
        self.document = document
        self.say(said)

    def say(self, said: str) -> None:
        """Word what happened as *said*."""
        self.said = " ".join(redact_secrets(said).split())[:MAX_SAID_CHARS].rstrip(". ") or self.kind.replace(
            "_", " "
        )

    def __str__(self) -> str:
        return f"{self.said}: {ADVICE[self.kind]}."

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (self.kind, self.said, self.status, self.code, self.retry_after_s)


def _remade(kind: ErrorKind, said: str, status: int, code: str, retry_after: float | None) -> ModelError:
    """A ModelError as another process gets it."""
    return ModelError(kind, said, status=status, code=code, retry_after_s=retry_after)


BY_STATUS: dict[int, ErrorKind] = {
    400: ErrorKind.INVALID,
    401: ErrorKind.AUTHENTICATION,
    402: ErrorKind.CREDIT,
    403: ErrorKind.PERMISSION,
    404: ErrorKind.UNKNOWN_MODEL,
    408: ErrorKind.TIMEOUT,
    409: ErrorKind.SERVER,
    413: ErrorKind.CONTEXT,
    422: ErrorKind.INVALID,
    425: ErrorKind.SERVER,
    429: ErrorKind.RATE_LIMIT,
    498: ErrorKind.OVERLOADED,
    499: ErrorKind.SERVER,
    503: ErrorKind.OVERLOADED,
    504: ErrorKind.TIMEOUT,
    529: ErrorKind.OVERLOADED,
}

# Vendors' codes, types and status words, in small letters.
_CODES: dict[ErrorKind, str] = {
    ErrorKind.RATE_LIMIT: "rate_limit_exceeded rate_limit_error resource_exhausted too_many_requests tokens",
    ErrorKind.OVERLOADED: "overloaded_error overloaded unavailable engine_overloaded capacity_exceeded",
    ErrorKind.SERVER: "server_error api_error internal internal_server_error internal_error unknown",
    ErrorKind.TIMEOUT: "timeout_error deadline_exceeded timeout",
    ErrorKind.UNREACHABLE: "unreachable",
    ErrorKind.UNREADABLE: "unreadable",
    ErrorKind.BROKEN_STREAM: "broken_stream",
    ErrorKind.AUTHENTICATION: "invalid_api_key authentication_error unauthenticated unauthorized",
    ErrorKind.PERMISSION: "permission_error permission_denied organization_restricted model_terms_required",
    ErrorKind.CREDIT: "insufficient_quota billing_error billing_hard_limit_reached insufficient_credits",
    ErrorKind.UNKNOWN_MODEL: "model_not_found not_found_error not_found model_decommissioned model_not_active",
    ErrorKind.CONTEXT: "context_length_exceeded request_too_large exceed_context_size_error",
    ErrorKind.POLICY: "content_policy_violation content_filter policy_violation moderation",
    ErrorKind.CAPABILITY: "unsupported_parameter unsupported_value unsupported_model",
    ErrorKind.MALFORMED_CALL: "tool_use_failed json_validate_failed malformed_function_call",
}
BY_CODE = {code: kind for kind, codes in _CODES.items() for code in codes.split()}

# Where a code says no more than that the request is bad, its sentence does. The first that fits counts.
_SENTENCES: tuple[tuple[ErrorKind, str], ...] = (
    (ErrorKind.AUTHENTICATION, r"(invalid|incorrect|expired) (x-)?api[- ]key|api key (not valid|expired)"),
    (ErrorKind.CREDIT, r"credit balance|credits (are|or licenses)|(available|insufficient|more) credits?"),
    (ErrorKind.CREDIT, r"spend(ing)? limit|api usage limits"),
    (ErrorKind.OVERLOADED, r"overloaded|(over|at) capacity"),
    (ErrorKind.CONTEXT, r"prompt is too long|context (length|window|limit|size)|maximum (context|prompt length)"),
    (ErrorKind.CONTEXT, r"exceeds the maximum number of tokens|request too large"),
    (ErrorKind.POLICY, r"content (policy|filter)|usage (polic|guidelines)"),
    (ErrorKind.POLICY, r"(prompt|input|request|content) was flagged|flagged as potentially"),
    (ErrorKind.PERMISSION, r"user location|your country|organization has been (disabled|restricted)"),
)
BY_SENTENCE = tuple((kind, re.compile(words)) for kind, words in _SENTENCES)
# And what a request for one model is refused for that another would take.
OF_CAPABILITIES = re.compile(
    r"thought[_ ]signature|`signature`|`thinking|thinking\.|expected `?thinking|prefill|encrypted content"
    r"|forced tool|reasoning[_. ]effort"
    r"|(tool_choice|temperature|top_p|top_k|penalty|effort|stop|max_tokens)\b.{0,80}(support|deprecat|not allowed)"
    r"|(not supported|does not support|unsupported).{0,40}(model|value|parameter)"
)
# Where a model's name is refused, only these say that it is not the name.
OF_ITS_PLACE = re.compile(r"item with id|no endpoints found that support")
# Codes that stand for more than one thing.
VAGUE = frozenset({None, ErrorKind.SERVER, ErrorKind.RATE_LIMIT, ErrorKind.PERMISSION, ErrorKind.UNKNOWN_MODEL})


@dataclass(frozen=True, slots=True)
class Said:
    """What the body of an error says, wherever its vendor puts it."""

    message: str = ""
    codes: tuple[str, ...] = ()


def said_in(error: Any) -> Said:
    """*error*, the object or text under ``error``, as vendors write it."""
    if isinstance(error, str):
        return Said(error)
    if not isinstance(error, Mapping):
        return Said()
    metadata = error.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, Mapping) else None  # of who is behind a gateway
    codes = [error.get(name) for name in ("code", "status", "type")]
    written = tuple(str(code).lower() for code in codes if isinstance(code, str) and code)
    message = str(error.get("message") or "")
    return Said(f"{message} ({raw})" if isinstance(raw, str) and raw else message, written)


def kind_of(status: int, said: Said) -> ErrorKind:
    """The kind of an error that came with *status* (0: inside an answer) and said *said*."""
    by_code = first(BY_CODE.get(code) for code in said.codes)
    if by_code not in VAGUE and by_code is not None:
        return by_code
    sentence = said.message.lower()
    if by_sentence := first(kind for kind, words in BY_SENTENCE if words.search(sentence)):
        return by_sentence
    telling = OF_ITS_PLACE if status == 404 else OF_CAPABILITIES
    if status in (0, 400, 404, 422) and telling.search(sentence):
        return ErrorKind.CAPABILITY
    # "api_error" is the code of whatever else went wrong.
    if by_code and not (by_code is ErrorKind.SERVER and 0 < status < 500):
        return by_code
    is_theirs = status >= 500 or not status
    return BY_STATUS.get(status, ErrorKind.SERVER if is_theirs else ErrorKind.INVALID)


def first(found: Iterable[ErrorKind | None]) -> ErrorKind | None:
    return next((one for one in found if one), None)


def error_of(status: int, headers: Mapping[str, str], body: bytes, now_s: float) -> ModelError:
    """The error that an answer with *status* is; its body may be anything. *now_s*: seconds since 1970."""
    document = as_json(body)
    if isinstance(document, list) and document:  # Gemini sends a list where a stream was asked for
        document = document[0]
    if not isinstance(document, Mapping):
        kind = BY_STATUS.get(status, ErrorKind.SERVER if status >= 500 else ErrorKind.UNREADABLE)
        return ModelError(
            ErrorKind.UNREADABLE if status < 400 else kind,
            f"The vendor answered {status} with what is not JSON",
            status=status,
            retry_after_s=retry_after_s(headers, now_s),
        )
    return error_in(document, status=status, retry_after=retry_after_s(headers, now_s))


def error_in(document: Mapping[str, Any], *, status: int = 0, retry_after: float | None = None) -> ModelError:
    """The error that *document* tells of: an answer's body, or an event amid a stream."""
    error = document.get("error")
    inner = error if error is not None else document
    said = said_in(inner)
    # A gateway's 200 may hold the status of who is behind it.
    code = str(inner.get("code") if isinstance(inner, Mapping) else "")
    within = int(code) if re.fullmatch(r"[45]\d\d", code) else status
    within = within if within >= 400 else 0  # the error stands in what was sent as an answer
    kind = kind_of(within if status in (0, 200) else status, said)
    retry_after = wait_in(inner) if retry_after is None else retry_after
    return ModelError(
        kind,
        said.message,
        status=within,
        code=said.codes[0] if said.codes else "",
        retry_after_s=retry_after,
        document=document,
    )


def retry_after_s(headers: Mapping[str, str], now_s: float) -> float | None:
    """How long the vendor asks to wait, as seconds or as a date, an hour at most; None where it does not say."""
    milliseconds = headers.get("retry-after-ms", "").strip()
    if (found := seconds_of(milliseconds)) is not None:
        return sensible(found / 1000)
    asked = headers.get("retry-after", "").strip()
    if (found := seconds_of(asked)) is not None:
        return sensible(found)
    try:
        at = parsedate_to_datetime(asked)
        return sensible((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() - now_s)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def wait_in(error: Any) -> float | None:
    """What Gemini's error says of how long to wait: ``{"retryDelay": "34s"}`` among its details."""
    details = error.get("details") if isinstance(error, Mapping) else None
    for detail in details if isinstance(details, list) else ():
        delay = detail.get("retryDelay") if isinstance(detail, Mapping) else None
        if isinstance(delay, str) and (found := seconds_of(delay.removesuffix("s"))) is not None:
            return sensible(found)
    return None


def seconds_of(text: str) -> float | None:
    return float(text) if re.fullmatch(r"[0-9]{1,15}(\.[0-9]+)?", text) else None


def sensible(seconds: float) -> float:
    return min(max(0.0, seconds), MAX_WAIT_S)


def as_json(body: bytes) -> Any:
    """*body* decoded; None for what is no JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
