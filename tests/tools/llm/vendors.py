"""Vendors that misbehave as no lab does: what they send is said byte by byte."""

import json

import httpx

from tools.llm.calling import ModelClient


def client_of(respond):
    """A model_client whose every request is answered by *respond*."""
    return ModelClient(httpx.AsyncClient(transport=httpx.MockTransport(respond)))


def whole(body, status=200, **headers):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda request: httpx.Response(
        status, content=content, headers={"content-type": "application/json", **headers}
    )


def events(*pieces, media_type="text/event-stream"):
    """A stream of *pieces*: objects, or lines as they stand."""
    lines = [
        piece if isinstance(piece, bytes) else b"data: " + json.dumps(piece).encode() + b"\n\n" for piece in pieces
    ]
    return lambda request: httpx.Response(200, content=b"".join(lines), headers={"content-type": media_type})
