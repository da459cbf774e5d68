"""Requests over the network. Whatever happens on the way is a ModelError."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from httpx_sse import EventSource

from tools.llm.adapters.base import Wire
from tools.llm.adapters.errors import ErrorKind, ModelError, as_json, error_of
from tools.llm.calling.deployment import Deployment

DONE = "[DONE]"
# More than any model writes. What sends more is no model's interface.
MAX_ANSWER_BYTES = 32 << 20
MAX_ERROR_BYTES = 1 << 20
CONNECT_S = 5.0


@dataclass(frozen=True, slots=True)
class Transport:
    """Sends what adapters wrote. ``http`` is kept by who makes it, and closed there."""

    http: httpx.AsyncClient
    now_s: Callable[[], float] = time.time

    async def send(self, deployment: Deployment, wire: Wire, key_headers: Mapping[str, str]) -> Mapping[str, Any]:
        """The answer's body. Raises ModelError."""
        limit = httpx.Timeout(deployment.timeout_s, connect=min(CONNECT_S, deployment.timeout_s))
        async with self._sent(deployment, wire, key_headers, limit) as response:
            body = await read(response, MAX_ANSWER_BYTES)
        document = as_json(body)
        if not isinstance(document, dict):
            raise error_of(response.status_code, response.headers, body, self.now_s())
        return document

    async def stream(
        self, deployment: Deployment, wire: Wire, key_headers: Mapping[str, str]
    ) -> AsyncGenerator[Mapping[str, Any]]:
        """The events of the answer. Raises ModelError, also amid them."""
        quiet_s = min(deployment.first_token_timeout_s, deployment.timeout_s)
        limit = httpx.Timeout(quiet_s, connect=min(CONNECT_S, quiet_s))
        async with self._sent(deployment, wire, key_headers, limit) as response:
            kind = response.headers.get("content-type", "").partition(";")[0].strip()
            if kind != "text/event-stream":
                body = await read(response, MAX_ERROR_BYTES)
                raise error_of(response.status_code, response.headers, body, self.now_s())
            async for event in EventSource(response).aiter_sse():
                if event.data.strip() == DONE:
                    return
                if isinstance(piece := as_json(event.data.encode()), dict):
                    # Some say only by the event's name that it is an error.
                    yield {"error": piece, **piece} if event.event == "error" else piece

    @asynccontextmanager
    async def _sent(
        self, deployment: Deployment, wire: Wire, key_headers: Mapping[str, str], limit: httpx.Timeout
    ) -> AsyncIterator[httpx.Response]:
        url = f"{deployment.base_url.rstrip('/')}{wire.path}"
        headers = {**wire.headers, **key_headers}
        try:
            async with self.http.stream("POST", url, json=wire.body, headers=headers, timeout=limit) as response:
                if response.status_code >= 400:
                    body = await read(response, MAX_ERROR_BYTES)
                    raise error_of(response.status_code, response.headers, body, self.now_s())
                yield response
        except httpx.ConnectTimeout as error:
            raise unreachable(deployment, "did not take the connection in time") from error
        except httpx.TimeoutException as error:
            said = f"{deployment.provider} said nothing for {limit.read:g} s"
            raise ModelError(ErrorKind.TIMEOUT, said) from error
        except httpx.ConnectError as error:
            raise unreachable(deployment, "cannot be reached") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            said = f"The connection to {deployment.provider} broke off ({type(error).__name__})"
            raise ModelError(ErrorKind.BROKEN_STREAM, said) from error


def unreachable(deployment: Deployment, how: str) -> ModelError:
    return ModelError(ErrorKind.UNREACHABLE, f"{deployment.provider} at {deployment.base_url} {how}")


async def read(response: httpx.Response, most: int) -> bytes:
    """All of *response*. Raises ModelError for more than *most* bytes."""
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > most:
            raise ModelError(ErrorKind.UNREADABLE, f"The vendor's answer is longer than {most >> 20} MB")
    return bytes(body)
