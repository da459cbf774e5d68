"""Mounts the store's read API into the REST API: the one knows no keys and scopes, the other no spans."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI

from telemetry.read_api.errors import ReadError
from telemetry.read_api.router import router
from telemetry.search import keys
from tools.api.rest import KeyOrLogin
from tools.errors import InvalidArguments
from tools.models import Scope
from tools.web.parameters import know_searched
from tools.web.problem import ProblemResponse


class Unanswerable(InvalidArguments):
    """A question that the store cannot answer."""

    title = "The question cannot be answered"


def mount(api: NinjaAPI) -> None:
    """Add the addresses to *api*, for keys with the scope ``read`` and people who are logged in."""
    api.add_router("", router, auth=[KeyOrLogin(Scope.READ)])
    api.add_exception_handler(ReadError, on_read_error)
    know_searched(keys.BY_NAME)


def on_read_error(request: HttpRequest, error: Any) -> HttpResponse:
    problem = Unanswerable(error.detail, code=error.code, hint=error.hint)
    return ProblemResponse(problem, error.status, error.more)
