"""Requests over the network. Whatever happens on the way is a ModelError."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from httpx_sse import ServerSentEvent, SSEError

from tools.llm.adapters.base import Wire
from tools.llm.adapters.errors import ErrorKind, ModelError, as_json, error_in, error_of
from tools.llm.calling.deployment import Deployment
from tools.llm.calling.encoding import encoded
from tools.llm.calling.events import MAX_ANSWER_BYTES, events_of, read, to_the_end
from tools.llm.litellm_process import client as litellm

Body = Mapping[str, Any]
Read = TypeVar("Read")
DONE = "[DONE]"
MAX_ERROR_BYTES = 1 << 20
LONG_BYTES = 64 << 10  # some 1 ms to read; to a thread and back takes 0.2
CONNECT_S = 5.0
LEAST_OF_KEY = 8  # characters: fewer tell nothing


@dataclass(frozen=True, slots=True)
class Transport:
    """Sends what adapters wrote. ``http`` is kept by who makes it, and closed there."""

    http: httpx.AsyncClient
    clock: Callable[[], float] = time.perf_counter
    now_s: Callable[[], float] = time.time

    async def send(
        self, deployment: Deployment, wire: Wire, key_headers: Mapping[str, str], reading: Callable[[Body], Read]
    ) -> Read:
        """What *reading* makes of the answer's body. Raises ModelError, and what *reading* raises."""
        async with (
            deadline(deployment, deployment.timeout_s),
            self._sent(deployment, wire, key_headers) as response,
        ):
            body = await read(response, MAX_ANSWER_BYTES)

        def understood() -> Read:
            document = as_json(body)
            if not isinstance(document, dict):
                raise error_of(response.status_code, response.headers, body, self.now_s())
            return reading(document)

        return await beside_if_long(understood, len(body))

    async def stream(
        self, deployment: Deployment, wire: Wire, key_headers: Mapping[str, str]
    ) -> AsyncGenerator[Mapping[str, Any]]:
        """The events of the answer. Raises ModelError, also amid them."""
        ends = self.clock() + deployment.timeout_s
        quiet_s = min(deployment.first_token_timeout_s, deployment.timeout_s)
        async with AsyncExitStack() as sent:
            async with deadline(deployment, quiet_s):  # who hangs may not even say that it begins
                response = await sent.enter_async_context(self._sent(deployment, wire, key_headers))
            if media_type(response) != "text/event-stream":
                async with deadline(deployment, ends - self.clock()):
                    body = await read(response, MAX_ERROR_BYTES)
                raise self._no_stream(response, body)
            events = events_of(response)
            while True:
                left_s = min(deployment.first_token_timeout_s, ends - self.clock())
                async with deadline(deployment, left_s):
                    event = await anext(events, None)
                if event is None:
                    return
                if event.data.strip() == DONE:
                    await to_the_end(events)
                    return
                yield piece_of(event)

    def _no_stream(self, response: httpx.Response, body: bytes) -> ModelError:
        """What an answer is that came in one piece where a stream was asked for."""
        document = as_json(body)
        document = document[0] if isinstance(document, list) and document else document
        if isinstance(document, Mapping) and document.get("error"):
            return error_in(document, status=response.status_code)
        if document is None:
            return error_of(response.status_code, response.headers, body, self.now_s())
        return ModelError(ErrorKind.UNREADABLE, "The vendor answered in one piece where a stream was asked for")

    @asynccontextmanager
    async def _sent(
        self, deployment: Deployment, wire: Wire, key_headers: Mapping[str, str]
    ) -> AsyncIterator[httpx.Response]:
        url, also = address_of(deployment, wire)
        headers = {"content-type": "application/json", **wire.headers, **key_headers, **also}
        quiet_s = min(deployment.first_token_timeout_s, deployment.timeout_s)
        limit = httpx.Timeout(deployment.timeout_s, connect=min(CONNECT_S, quiet_s))
        content = encoded(wire.body)
        try:
            async with self.http.stream("POST", url, content=content, headers=headers, timeout=limit) as response:
                if response.status_code >= 400:
                    body = await read(response, MAX_ERROR_BYTES)
                    raise error_of(response.status_code, response.headers, body, self.now_s())
                yield response
        except httpx.ConnectTimeout:
            raise unreachable(deployment, "did not take the connection in time") from None
        except httpx.TimeoutException:
            raise silent(deployment, deployment.timeout_s) from None
        except httpx.ConnectError:
            raise unreachable(deployment, "cannot be reached") from None
        except (httpx.UnsupportedProtocol, httpx.InvalidURL):
            raise unreachable(deployment, "is no address that can be asked") from None
        except (httpx.HTTPError, SSEError) as error:
            said = f"The connection to {deployment.provider} broke off ({type(error).__name__})"
            raise ModelError(ErrorKind.BROKEN_STREAM, said) from None


async def beside_if_long(reading: Callable[[], Read], size: int) -> Read:
    """What *reading* makes of *size* bytes; in a thread if that would keep the event loop from others for long."""
    return await asyncio.to_thread(reading) if size > LONG_BYTES else reading()


def address_of(deployment: Deployment, wire: Wire) -> tuple[str, Mapping[str, str]]:
    """Where *wire* is sent, and what more has to be said there."""
    if deployment.provider == litellm.PROVIDER:
        return litellm.addressed(wire.path, deployment.base_url)
    return f"{deployment.base_url.rstrip('/')}{wire.path}", {}


@asynccontextmanager
async def deadline(deployment: Deployment, left_s: float) -> AsyncIterator[None]:
    """Whatever is done within takes no longer. Raises ModelError."""
    try:
        async with asyncio.timeout(max(0.0, left_s)):
            yield
    except TimeoutError:
        raise silent(deployment, left_s) from None


def piece_of(event: ServerSentEvent) -> Mapping[str, Any]:
    """The event's object. Raises ModelError for one that is none: what is left out would be missing unseen."""
    piece = as_json(event.data.encode())
    if event.event == "error":
        # Some say only by the event's name that it is an error, and some say it in plain words.
        return {"error": piece, **piece} if isinstance(piece, dict) else {"error": {"message": event.data}}
    if not isinstance(piece, dict):
        raise ModelError(ErrorKind.UNREADABLE, "An event of the stream cannot be read")
    return piece


def media_type(response: httpx.Response) -> str:
    kind: str = response.headers.get("content-type", "")
    return kind.partition(";")[0].strip().lower()


def silent(deployment: Deployment, for_s: float) -> ModelError:
    return ModelError(ErrorKind.TIMEOUT, f"{deployment.provider} did not answer within {for_s:g} s")


def unreachable(deployment: Deployment, how: str) -> ModelError:
    """*how* the address failed; of the address no more than its host, as the rest may hold a secret."""
    place = urlsplit(deployment.base_url)
    return ModelError(ErrorKind.UNREACHABLE, f"{deployment.provider} at {place.hostname or 'its address'} {how}")


def without_key(error: ModelError, deployment: Deployment) -> ModelError:
    """*error* without the key, which some vendors repeat, also where its end was cut off with the sentence's."""
    said = error.said.replace(deployment.key, "[key]") if deployment.key else error.said
    told = next(
        (n for n in range(len(deployment.key), LEAST_OF_KEY - 1, -1) if said.endswith(deployment.key[:n])), 0
    )
    said = f"{said[:-told]}[key]" if told else said
    if said != error.said:
        error.say(said)
    return error
