"""Whose API key a request carries, found without a query; a key that does not work is refused."""

import threading
import time
from collections.abc import Callable
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

# A key this process does not know may be seconds old: it is looked for once more, but not at every wrong key.
LOOK_AGAIN_EVERY_S = 1.0


class SecondLook:
    """Reads the keys again for a key that is not known, at most once in LOOK_AGAIN_EVERY_S."""

    def __init__(self, refresh: Callable[[], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._refresh = refresh
        self._clock = clock
        self._lock = threading.Lock()
        self._next = float("-inf")

    def take(self) -> bool:
        """True if the keys were read again."""
        with self._lock:
            if self._clock() < self._next:
                return False
            self._refresh()
            self._next = self._clock() + LOOK_AGAIN_EVERY_S
            return True


def _refresh_and_release() -> None:
    live.refresh()
    if not connection.in_atomic_block:
        connection.close()


second_look = SecondLook(_refresh_and_release)


async def find_key(plain: str) -> KeyInfo:
    """The valid key whose plain text is *plain*. Raises NotAuthenticated."""
    hashed = digest(plain)
    found = live.key(hashed)
    if found is None and await sync_to_async(second_look.take, thread_sensitive=False)():
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
