"""The asking side: what stands in the place of the network for deployments whose provider is `litellm`."""

import asyncio
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import httpx

from tools.llm.adapters.errors import ErrorKind, ModelError
from tools.llm.litellm_process.child import Child
from tools.llm.litellm_process.starting import ADDRESS, API_BASE, short

PROVIDER = "litellm"
SCHEME = "litellm://"
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=100)


def addressed(path: str, base_url: str) -> tuple[str, Mapping[str, str]]:
    """Where a request is sent that asks by litellm, and the headers that say where it goes from there."""
    return f"{SCHEME}process{path}", {API_BASE: base_url} if base_url else {}


class Litellm(httpx.AsyncBaseTransport):
    """Hands requests to the process that has litellm: the one that `up` starts, or a child of this process."""

    def __init__(self, child: Child | None = None) -> None:
        """*child*: one of the caller's own."""
        supervised = os.environ.get(ADDRESS)
        self._child = child or (None if supervised else own())
        self._address = Path(supervised) if supervised and not child else None
        self._line: httpx.AsyncHTTPTransport | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises ModelError where there is no process, and httpx's errors where it ends amid an answer."""
        request.url = request.url.copy_with(scheme="http")  # as the process speaks it
        if self._child is not None and not self._child.is_there:
            await asyncio.to_thread(self._child.start)
        asked = self._child.process if self._child else None
        try:
            return await self._opened().handle_async_request(request)
        except httpx.ConnectError:
            if self._child is None:
                raise not_there() from None
        # It ended just now, after a time in which nobody asked it.
        await asyncio.to_thread(self._child.start_anew, asked)
        try:
            return await self._opened().handle_async_request(request)
        except httpx.ConnectError:
            raise not_there() from None

    async def aclose(self) -> None:
        if self._line is not None:
            await self._line.aclose()

    def _opened(self) -> httpx.AsyncHTTPTransport:
        if self._line is None:
            path = self._child.path if self._child else self._address
            assert path is not None
            self._line = httpx.AsyncHTTPTransport(uds=short(path), limits=LIMITS)
        return self._line


def not_there() -> ModelError:
    return ModelError(ErrorKind.UNREACHABLE, "The process that asks by litellm is not there: see its log")


@cache
def own() -> Child:
    """That of this process, for all its event loops."""
    return Child()
