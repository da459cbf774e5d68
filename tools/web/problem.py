"""Every error under /api as one document (RFC 9457), whatever raised it."""

import json
import logging
import math
from collections.abc import Mapping
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from telemetry.redaction import redact_secrets
from tools.errors import InvalidArguments, NotAuthorized, ToolBug, ToolError
from tools.web.rate_limits import limits_of, rate_limit_headers

logger = logging.getLogger(__name__)

# Says that an answer is that of an earlier request with the same idempotency key.
REPLAYED = "Idempotency-Replayed"
CONTENT_TYPE = "application/problem+json"
# Where programs, not people, ask: an error page would be of no use to them.
MACHINE_PATHS = ("/api/", "/v1/", "/health", "/readyz", "/metrics")


class MalformedBody(InvalidArguments):
    code = "malformed_json"
    title = "The body is not JSON"


class BodyTooLarge(InvalidArguments):
    code = "body_too_large"
    status = 413
    title = "The body is too large"


class UnsupportedMediaType(InvalidArguments):
    code = "unsupported_media_type"
    status = 415
    title = "The body has a type that is not understood"


class NoSuchAddress(InvalidArguments):
    code = "unknown_address"
    status = 404
    title = "There is nothing at this address"


class MethodNotAllowed(InvalidArguments):
    code = "method_not_allowed"
    status = 405
    title = "The address does not take this method"


class BadRequest(InvalidArguments):
    code = "bad_request"
    title = "The request is not understood"


class NotAuthenticated(NotAuthorized):
    """Nobody is known to ask, or the key is not one that works."""

    code = "not_authenticated"
    status = 401
    title = "The caller is not known"


class InternalError(ToolBug):
    """A fault of SalesBoost itself. What went wrong is in the log, not in the answer."""

    code = "internal_error"
    title = "SalesBoost has a fault"


class Unavailable(ToolError):
    code = "unavailable"
    retryable = True
    status = 503
    title = "A service that SalesBoost needs is away"


def as_problem(error: ToolError) -> dict[str, Any]:
    """The document's fields; ``retry_after_s`` and ``hint`` only where there is something to say."""
    document: dict[str, Any] = {
        "type": f"urn:salesboost:problem:{error.code}",
        "title": error.title,
        "status": error.status,
        # A tool may have put the URL of what it asked, with its key, into the sentence.
        "detail": redact_secrets(error.detail),
        "code": error.code,
        "layer": str(error.layer),
        "retryable": error.retryable,
        "tool_call_id": error.tool_call_id,
    }
    if error.retry_after_s is not None:
        document["retry_after_s"] = round(error.retry_after_s, 3)
    if error.hint:
        document["hint"] = redact_secrets(error.hint)
    return document


class ProblemResponse(HttpResponse):
    """*error* as an answer, with the headers that its status calls for; *more* are further fields of it."""

    def __init__(self, error: ToolError, status: int | None = None, more: Mapping[str, Any] | None = None) -> None:
        document = {**as_problem(error), **(more or {})}
        document["status"] = status or error.status
        # Django would log each answer from 500 on as an error: what a tool could not do is on its span.
        self._has_been_logged = True
        super().__init__(json.dumps(document), content_type=CONTENT_TYPE, status=document["status"])
        if error.replayed:
            self.headers[REPLAYED] = "true"
        if self.status_code in (409, 429, 503):
            self.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s or 0)))
        for field, value in rate_limit_headers(limits_of(error)).items():
            self.headers[field] = value
        if self.status_code == 401:
            self.headers["WWW-Authenticate"] = 'Bearer realm="SalesBoost"'


# What Django's own error pages stand for: the error, its sentence and its hint.
PLAIN_ANSWERS: dict[int, tuple[type[ToolError], str, str]] = {
    403: (NotAuthorized, "The request was refused.", "send an API key, or the CSRF token of your login"),
    404: (NoSuchAddress, "There is nothing at {path}.", "the addresses are listed at /api/v1/docs"),
    405: (MethodNotAllowed, "{path} does not take {method}.", "use {allow}"),
    413: (BodyTooLarge, "The body is too large.", "send less at once"),
    503: (Unavailable, "SalesBoost cannot answer just now.", "try again shortly"),
}
BAD_REQUEST = (BadRequest, "The request is not understood.", "check the Host header and the address")
FAULT = (InternalError, "Something went wrong inside SalesBoost.", "the server's log says more")


def problem_of_status(request: HttpRequest, response: HttpResponseBase) -> ToolError:
    """The error that a plain HTTP answer stands for."""
    status = response.status_code
    kind, detail, hint = PLAIN_ANSWERS.get(status) or (BAD_REQUEST if status < 500 else FAULT)
    allow = response.headers.get("Allow", "another method")
    return kind(detail.format(path=request.path, method=request.method), hint=hint.format(allow=allow))


class ProblemMiddleware:
    """Turns what is left of error pages into problem documents, on the addresses that programs use.

    Stands first, so that it also sees what other middlewares and Django itself answer.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if iscoroutinefunction(self):
            return self._answer(request)
        return as_document(request, self.get_response(request))

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        return as_document(request, await self.get_response(request))


def as_document(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """*response* itself, or the problem document that replaces an error page; its length said."""
    if is_error_page(request, response):
        document = ProblemResponse(problem_of_status(request, response), response.status_code)
        for name in ("Allow", "Content-Security-Policy", "X-Frame-Options", "Vary"):
            if name in response.headers:
                document.headers[name] = response.headers[name]
        document.cookies = response.cookies
        response = document
    if isinstance(response, HttpResponse):
        response.headers.setdefault("Content-Length", str(len(response.content)))
    return response


def is_error_page(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether a program asked, and would get a page: neither JSON nor what OTLP answers in protobuf."""
    if response.status_code < 400 or not request.path_info.startswith(MACHINE_PATHS):
        return False
    kind = response.headers.get("Content-Type", "")
    return "json" not in kind and "protobuf" not in kind
