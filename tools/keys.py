"""API keys: made once, stored hashed, checked without a query."""

import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.db import connection, transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from tools import live
from tools.live import KeyInfo
from tools.models import ApiKey, Scope
from tools.problem import NotAuthenticated, ProblemResponse
from tools.refusals import record_refusal

PREFIX = "sb_"
SHOWN_CHARS = 8
# A key this process does not know may be seconds old: it is looked for once more, but not at every wrong key.
LOOK_AGAIN_EVERY_S = 1.0


def make_plain() -> str:
    """A new key: the prefix by which secret scanners know it, and 256 random bits in 43 characters."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(plain: str) -> str:
    """What is stored of a key. A plain hash is enough: nobody guesses 256 random bits."""
    return hashlib.sha256(plain.encode()).hexdigest()


def create_key(name: str, scopes: Iterable[str] = tuple(Scope), roles: Iterable[str] = ()) -> tuple[ApiKey, str]:
    """A new key and its plain text, which is to be had only now. Works in this process at once."""
    plain = make_plain()
    key = ApiKey(name=name, scopes=[str(scope) for scope in scopes], roles=list(roles))
    store_key(key, plain)
    return key, plain


def store_key(key: ApiKey, plain: str) -> None:
    """Save *key* as the one whose plain text is *plain*."""
    key.hash, key.prefix = digest(plain), plain[:SHOWN_CHARS]
    key.save()
    transaction.on_commit(live.refresh)


def ensure_key(name: str, plain: str, scopes: Iterable[str] = tuple(Scope), roles: Iterable[str] = ()) -> ApiKey:
    """The key whose plain text is *plain*, made if there is none; again and again does no harm.

    An older key of that *name* is renamed and revoked: the preset was changed.
    """
    found = ApiKey.objects.filter(hash=digest(plain)).first()
    if found is not None:
        return found
    for older in ApiKey.objects.filter(name=name):
        older.name = f"{name} until {timezone.now():%F %T}"
        older.revoked_at = timezone.now()
        older.save(update_fields=["name", "revoked_at"])
    key = ApiKey(name=name, scopes=[str(scope) for scope in scopes], roles=list(roles))
    store_key(key, plain)
    return key


def revoke_key(key: ApiKey) -> None:
    """Let *key* open nothing any more: here at once, in other processes within two seconds."""
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
    transaction.on_commit(live.refresh)


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
            hint="check the header 'Authorization: Bearer sb_…'; keys are made under /admin/tools/apikey/",
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
