"""Calls over REST join the trace of the application that makes them: W3C Trace Context, ``traceparent``."""

from collections.abc import Callable
from contextvars import Token
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from opentelemetry import context
from opentelemetry.context import Context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_propagator = TraceContextTextMapPropagator()


class TraceContextMiddleware:
    """Makes spans of a request children of the span that its ``traceparent`` names.

    Only behind an API key: nobody else may write into a trace. A header that makes no sense begins a trace anew,
    as the specification asks.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if iscoroutinefunction(self):
            return self._answer(request)
        token = _join(request)
        try:
            return self.get_response(request)
        finally:
            _leave(token)

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        token = _join(request)
        try:
            answered: HttpResponseBase = await self.get_response(request)
        finally:
            _leave(token)
        return answered


def _join(request: HttpRequest) -> Token[Context] | None:
    if getattr(request, "api_key", None) is None or "traceparent" not in request.headers:
        return None
    carried = {name: request.headers.get(name, "") for name in ("traceparent", "tracestate")}
    return context.attach(_propagator.extract(carried))


def _leave(token: Token[Context] | None) -> None:
    if token is not None:
        context.detach(token)
