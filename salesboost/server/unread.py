"""The answer to a request whose body was not read, because it is too large for who sends it."""

from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from salesboost.server.limits import Unread
from tools.web.bodies import too_large
from tools.web.problem import MACHINE_PATHS, ProblemResponse


class UnreadBodies:
    """413, except where the address says more itself: a program without a key is told so, OTLP has its own words.

    Sets ``request.unread_limit``: the bytes that the sender might have sent, None where the body was read.
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
        return refusal(request) or self.get_response(request)

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        refused = refusal(request)
        if refused is not None:
            return refused
        passed_on: HttpResponseBase = await self.get_response(request)
        return passed_on


def refusal(request: Any) -> HttpResponseBase | None:
    """The answer; None where the request is to be passed on."""
    unread: Unread | None = getattr(request, "scope", {}).get("salesboost.unread")
    request.unread_limit = unread.limit if unread else None
    if unread is None or request.path_info.startswith("/v1/"):
        return None
    if not request.path_info.startswith(MACHINE_PATHS):
        sentence = (
            f"The body is larger than {unread.limit:,} bytes, the most that this address takes: send less.\n"
        )
        return HttpResponse(sentence, status=413, content_type="text/plain; charset=utf-8")
    if not unread.known:
        return None
    return ProblemResponse(too_large(unread.limit))
