"""Logins for tests of sockets: a session in the database, and the headers that a browser sends with it."""

from typing import Any

from channels.db import database_sync_to_async
from django.contrib.auth.models import User
from django.test import Client


def log_in(user: User) -> str:
    """A new session of *user*; its key."""
    client = Client()
    client.force_login(user)
    return str(client.session.session_key)


alog_in = database_sync_to_async(log_in)


def headers_of(session_key: str, origin: str = "http://localhost:8000") -> list[tuple[bytes, bytes]]:
    """What a page at *origin* sends with a handshake to localhost:8000."""
    cookie = f"csrftoken=x; sessionid={session_key}"
    pairs: dict[str, Any] = {"host": "localhost:8000", "origin": origin, "cookie": cookie}
    return [(name.encode(), value.encode()) for name, value in pairs.items()]
