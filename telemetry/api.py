"""``POST /v1/traces``: OTLP over HTTP, answered when the spans are in the store.

Who sends is found out here; the body goes to the recorder as it is.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from telemetry.ingest import otlp
from telemetry.ingest.codes import INVALID_ARGUMENT, PERMISSION_DENIED, UNAUTHENTICATED, UNIMPLEMENTED
from telemetry.recorder.client import line
from telemetry.recorder.protocol import MAX_BODY_BYTES, TOO_LARGE, Head, Reply

SCOPE = "ingest"
RETRY_AFTER_S = 1


class Refusal(Exception):
    """*told* is an answer other than success, and its *headers*."""

    def __init__(self, status: int, code: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.told = Reply(status, code, message=message)
        self.headers = headers


@csrf_exempt
async def traces(request: HttpRequest) -> HttpResponse:
    """Store the spans of an OTLP trace request. The caller's API key needs the scope ``ingest``."""
    content_type = (request.content_type or "").lower()
    try:
        head = _head(request, content_type)
    except Refusal as refusal:
        return _response(content_type, refusal.told, refusal.headers)
    if getattr(request, "unread_limit", None) is not None:  # the server has not read it
        return _response(content_type, TOO_LARGE)
    told = await line().take(head, request.read(MAX_BODY_BYTES + 1))
    return _response(content_type, told)


def _head(request: HttpRequest, content_type: str) -> Head:
    """Who sends, by the caller's key, and what. Raises Refusal."""
    key = getattr(request, "api_key", None)
    if key is None:
        challenge = {"WWW-Authenticate": "Bearer"}
        raise Refusal(401, UNAUTHENTICATED, "Send an API key: 'Authorization: Bearer <key>'.", challenge)
    if SCOPE not in getattr(key, "scopes", ()):
        raise Refusal(403, PERMISSION_DENIED, f"This API key may not send spans: give it the scope {SCOPE!r}.")
    if request.method != "POST":
        raise Refusal(405, UNIMPLEMENTED, "Send spans by POST.", {"Allow": "POST"})
    if content_type not in (otlp.PROTOBUF, otlp.JSON):
        raise Refusal(415, INVALID_ARGUMENT, f"Send {otlp.PROTOBUF} or {otlp.JSON}, not {content_type!r}.")
    return Head(
        content_type,
        request.headers.get("Content-Encoding", "").strip().lower(),
        str(getattr(key, "name", "")),
        frozenset(getattr(key, "services", ())),
        # What another SalesBoost forwarded to us goes no further: it might come back.
        forward=bool(settings.FORWARD_OTLP_URL) and otlp.FORWARDED not in request.headers,
    )


def _response(content_type: str, told: Reply, headers: dict[str, str] | None = None) -> HttpResponse:
    if told.status == 200:
        body = otlp.answer(content_type, told.rejected, told.message)
    else:
        body = otlp.failure(content_type, told.code, told.message)
    if told.status == 503:
        headers = {"Retry-After": str(RETRY_AFTER_S)}
    kind = content_type if content_type == otlp.JSON else otlp.PROTOBUF
    return HttpResponse(body, status=told.status, content_type=kind, headers=headers)
