"""Errors as OTLP has them, whoever answers: a ``google.rpc.Status``, in the sender's own encoding.

An exporter reads nothing else: of a problem document or a page it would log a number.
"""

import json
from http import HTTPStatus
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from telemetry.ingest import codes as code
from telemetry.ingest import otlp

ADDRESSES = "/v1/"
CODES = {
    401: code.UNAUTHENTICATED,
    403: code.PERMISSION_DENIED,
    404: code.NOT_FOUND,
    405: code.UNIMPLEMENTED,
    413: code.RESOURCE_EXHAUSTED,
    429: code.RESOURCE_EXHAUSTED,
    503: code.UNAVAILABLE,
}
# What belongs to a body that is replaced.
_OF_THE_BODY = ("Content-Type", "Content-Length")


class OtlpErrors:
    """Puts into OTLP's words what middlewares and Django themselves answer to who sends spans."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if iscoroutinefunction(self):
            return self._answer(request)
        return in_otlp(request, self.get_response(request))

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        return in_otlp(request, await self.get_response(request))


def in_otlp(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """*response* itself, or the status that replaces it: with its sentence, its number and its headers."""
    kind = response.headers.get("Content-Type", "")
    status = response.status_code
    if status < 400 or not request.path_info.startswith(ADDRESSES) or kind in (otlp.PROTOBUF, otlp.JSON):
        return response
    told = CODES.get(status, code.INVALID_ARGUMENT if status < 500 else code.INTERNAL)
    asked = otlp.JSON if (request.content_type or "").lower() == otlp.JSON else otlp.PROTOBUF
    body = otlp.failure(asked, told, sentence_of(request, response))
    headers = {name: value for name, value in response.headers.items() if name not in _OF_THE_BODY}
    replaced = HttpResponse(body, status=status, content_type=asked, headers=headers)
    replaced.cookies = response.cookies
    return replaced


def sentence_of(request: HttpRequest, response: HttpResponseBase) -> str:
    """What a problem document says, with its hint; of a page only what its number means."""
    if isinstance(response, HttpResponse) and "json" in response.headers.get("Content-Type", ""):
        said = json.loads(response.content)
        return f"{said['detail']} ({said['hint']})" if said.get("hint") else str(said["detail"])
    return f"{HTTPStatus(response.status_code).phrase}: {request.method} {request.path}"
