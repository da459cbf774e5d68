"""What a socket was opened with, and what that is good for now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.http import HttpRequest, parse_cookie
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from tools.decisions import live
from tools.decisions.keys import digest
from tools.web.access import Client, client_of_key, client_of_person, permissions_of


@dataclass(frozen=True, slots=True)
class Ticket:
    """A key by its hash, or else a login by its session's key. Both empty: nothing that would let anybody in."""

    key: str = ""
    session: str = ""

    def __bool__(self) -> bool:
        return bool(self.key or self.session)


def header(scope: Mapping[str, Any], wanted: bytes) -> str | None:
    """A header of the handshake."""
    found = (value.decode("latin-1") for name, value in scope["headers"] if name.lower() == wanted)
    return next(found, None)


def ticket_of_login(scope: Mapping[str, Any]) -> Ticket:
    """The login of a handshake's cookie, which counts only beside an Origin: that was held against our address."""
    if header(scope, b"origin") is None:
        return Ticket()
    session = parse_cookie(header(scope, b"cookie") or "").get(settings.SESSION_COOKIE_NAME, "")
    return Ticket(session=session if session.isascii() and session.isalnum() else "")


def ticket_of_request(request: HttpRequest) -> Ticket:
    """What let *request* in: its key, or else its login."""
    if getattr(request, "api_key", None) is not None:
        return Ticket(key=digest(request.headers["Authorization"].partition(" ")[2].strip()))
    return Ticket(session=request.session.session_key or "")


def client_of_ticket_key(ticket: Ticket) -> Client | None:
    """Whose key it is, by this process's snapshot of keys; no query."""
    found = live.key(ticket.key)
    return client_of_key(found) if found is not None else None


def clients_of_sessions(session_keys: Iterable[str]) -> dict[str, Client]:
    """Who is signed in by each of those sessions; one that is over is left out.

    Four queries, or five, however many sessions. Nothing is written: Django's own way would end a session whose
    login has lost its password, or move it, under a browser's feet.
    """
    asked = list(session_keys)
    if not asked:
        return {}
    rows = Session.objects.filter(session_key__in=asked, expire_date__gt=timezone.now())
    logins = {row.session_key: row.get_decoded() for row in rows}
    numbers = {number for login in logins.values() if (number := _user_number(login)) is not None}
    users = User.objects.filter(is_active=True).in_bulk(numbers)
    permissions = permissions_of(users.values())
    clients = {number: client_of_person(user, permissions[number]) for number, user in users.items()}
    return {
        key: clients[user.pk]
        for key, login in logins.items()
        if (user := users.get(_user_number(login) or 0)) is not None and _is_of(login, user)
    }


def _user_number(login: Mapping[str, Any]) -> int | None:
    number = login.get(SESSION_KEY)
    return int(number) if number is not None else None


def _is_of(login: Mapping[str, Any], user: User) -> bool:
    """Whether *user* signed in so with the password that they still have."""
    said = login.get(HASH_SESSION_KEY, "")
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    is_hashed_so = any(constant_time_compare(said, each) for each in hashes)
    return is_hashed_so and login.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
