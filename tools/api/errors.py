"""What the REST API answers to what its operations raise."""

import logging
from typing import Any

from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from tools.errors import InvalidArguments, ToolError
from tools.web.problem import InternalError, NoSuchAddress, ProblemResponse
from tools.web.unstorable import refused

logger = logging.getLogger(__name__)


def add_handlers(api: NinjaAPI) -> None:
    """Have *api* answer each kind of error with its problem document."""
    for kind, handler in HANDLERS.items():
        api.add_exception_handler(kind, handler)


def on_tool_error(request: HttpRequest, error: Any) -> HttpResponse:
    return ProblemResponse(error)


def on_validation_error(request: HttpRequest, error: Any) -> HttpResponse:
    faults = [f"{'.'.join(map(str, fault['loc'][1:]))}: {fault['msg']}" for fault in error.errors]
    return ProblemResponse(InvalidArguments(f"The address's parameters do not fit: {'; '.join(faults)}."))


def on_http_error(request: HttpRequest, error: Any) -> HttpResponse:
    return ProblemResponse(InvalidArguments(str(error)), error.status_code)


def on_not_found(request: HttpRequest, error: Any) -> HttpResponse:
    return ProblemResponse(NoSuchAddress(f"There is nothing at {request.path}.", hint="see /api/v1/docs"))


def on_unstorable_value(request: HttpRequest, error: Any) -> HttpResponse:
    return ProblemResponse(refused(request, error))


def on_exception(request: HttpRequest, error: Any) -> HttpResponse:
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return ProblemResponse(
        InternalError("Something went wrong inside SalesBoost.", hint="the server's log says more")
    )


HANDLERS: dict[type[Exception], Any] = {
    ToolError: on_tool_error,
    ValidationError: on_validation_error,
    HttpError: on_http_error,
    Http404: on_not_found,
    DataError: on_unstorable_value,
    UnicodeEncodeError: on_unstorable_value,
    Exception: on_exception,
}
