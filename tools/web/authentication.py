"""Whose API key a request carries, found without a query; a key that does not work is refused."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from tools.decisions import live
from tools.decisions.keys import digest
from tools.decisions.live import KeyInfo
from tools.web.problem import NotAuthenticated, ProblemResponse
from tools.web.refusals import record_refusal

# A key that this process does not know may have been made just now: the keys are read again before it is refused.
# Many wrong keys may make it read for a tenth of the time; nobody waits longer for a reading to begin.
SHARE_OF_TIME = 0.1
LEAST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 1.0


class SecondLook:
    """Reads the keys again for keys that are not known, one reading for all who wait for it."""

    def __init__(
        self,
        refresh: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._refresh = refresh
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._read_from = self._next = float("-inf")

    async def take(self) -> None:
        """Return when a reading is over that began after this was asked for."""
        asked = self._clock()
        while self._read_from < asked:
            if (early_s := self._next - self._clock()) > 0:
                await self._sleep(early_s)
            elif not await sync_to_async(self._read, thread_sensitive=False)():
                await self._sleep(LEAST_PAUSE_S)

    def _read(self) -> bool:
        """Read unless somebody reads just now, or has just read; False then."""
        if not self._lock.acquire(blocking=False):
            return False
        try:
            began = self._clock()
            if began < self._next:
                return False
            self._refresh()
            ended, self._read_from = self._clock(), began
            pause_s = (ended - began) / SHARE_OF_TIME
            self._next = ended + min(max(pause_s, LEAST_PAUSE_S), LONGEST_PAUSE_S)
            return True
        finally:
            self._lock.release()


def _refresh_and_release() -> None:
    live.refresh()
    if not connection.in_atomic_block:
        connection.close()


second_look = SecondLook(_refresh_and_release)


async def find_key(plain: str) -> KeyInfo:
    """The valid key whose plain text is *plain*. Raises NotAuthenticated."""
    hashed = digest(plain)
    found = live.key(hashed)
    if found is None:
        await second_look.take()
        found = live.key(hashed)
    if found is None:
        raise NotAuthenticated(
            "The API key is not known: it is wrong, expired or revoked.",
            code="invalid_api_key",
            hint="check the Authorization header, 'Bearer' and the key; keys are made under /admin/tools/apikey/",
        )
    return found


class ApiKeyMiddleware:
    """Sets ``request.api_key`` to the bearer's key, or None; answers 401 to a key that does not work.

    A request with a key needs no CSRF token: no browser sends that header by itself.
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
        refusal: HttpResponseBase | None = async_to_sync(admit)(request)
        return refusal or self.get_response(request)

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        refusal = await admit(request)
        return refusal or await self.get_response(request)


async def admit(request: Any) -> HttpResponseBase | None:
    """Note on *request* which key it carries; the refusal if that key does not work."""
    request.api_key = None
    scheme, _, plain = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    try:
        request.api_key = await find_key(plain.strip())
    except NotAuthenticated as error:
        await record_refusal(request, error)
        return ProblemResponse(error)
    request._dont_enforce_csrf_checks = True
    return None
