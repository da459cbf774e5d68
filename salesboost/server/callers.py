"""Whether the sender of a request is known, asked before its body is read."""

import logging
from http.cookies import CookieError, SimpleCookie
from importlib import import_module

from django.conf import settings
from django.contrib.auth import aget_user
from django.db import Error as DatabaseError
from django.http import HttpRequest

from tools.decisions import live
from tools.decisions.keys import digest
from tools.web.authentication import find_key
from tools.web.problem import NotAuthenticated

logger = logging.getLogger(__name__)


def known_at_once(authorization: str, cookies: str) -> bool | None:
    """What this process knows without asking anybody: None where the database has to be asked."""
    if token := bearer(authorization):
        return live.key(digest(token)) is not None or None
    return None if session_key(cookies) else False


async def is_known(authorization: str, cookies: str) -> bool:
    """Whether the key, or else the login, is valid. Where nobody can say, it is not."""
    try:
        if token := bearer(authorization):
            await find_key(token)
            return True
        return await _signed_in(session_key(cookies))
    except NotAuthenticated:
        return False
    except DatabaseError as error:
        logger.warning("a sender could not be looked for: %s", error)
        return False


def bearer(authorization: str) -> str:
    """The key in the header; empty where there is none."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def session_key(cookies: str) -> str:
    """The login's session among *cookies*; empty where there is none."""
    try:
        found = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return found.value if found else ""


async def _signed_in(key: str) -> bool:
    if not key:
        return False
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return bool((await aget_user(request)).is_authenticated)
