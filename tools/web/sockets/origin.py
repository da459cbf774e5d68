"""Which pages may open a socket: those whose forms Django would take, by scheme, host and port.

A browser sends its cookies with a handshake whatever page asks for it, and no CSRF token; it does say which page
that is. A program says nothing, and is known by its key.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.utils.http import is_same_domain

DEFAULT_PORTS = {"http": 80, "https": 443}


class Site(NamedTuple):
    """A browser's origin. The host is in lower case, and may begin with ``*`` where it is a pattern."""

    scheme: str
    host: str
    port: int

    def fits(self, pattern: "Site") -> bool:
        return self[::2] == pattern[::2] and is_same_domain(self.host, pattern.host.lstrip("*"))


def site_of(address: str) -> Site | None:
    """The site of *address*; None for ``null`` and whatever else is no http address. Pure."""
    try:
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        return None
    return Site(parts.scheme, parts.hostname, DEFAULT_PORTS[parts.scheme] if port is None else port)


def may_open(origin: str, own: str, trusted: Iterable[str]) -> bool:
    """Whether a page of *origin* may open a socket at the address *own*, or *trusted* names it. Pure."""
    site = site_of(origin)
    return site is not None and any(site.fits(each) for each in map(site_of, (own, *trusted)) if each)


def own_address(headers: dict[str, str], scheme: str) -> str:
    """The address that a browser has for us, as ``https://host:port``; empty for a host that is not ours.

    *scheme* is the server's word for it, and empty where it has none: daphne does not say for sockets.
    """
    request = HttpRequest()
    request.META = {"HTTP_HOST": headers.get("host", ""), "SERVER_NAME": "", "SERVER_PORT": "0"}
    try:
        host = request.get_host()
    except DisallowedHost:
        return ""
    said = headers.get("x-forwarded-proto", "") if settings.HTTPS else ""
    scheme = said.split(",")[0].strip() or scheme or ("https" if settings.HTTPS else "http")
    return f"{'https' if scheme in ('https', 'wss') else 'http'}://{host}"


class BrowserOriginValidator:
    """Refuses the handshake of a page that may not open a socket, with 403."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        origin = headers.get("origin")
        own = own_address(headers, scope.get("scheme", ""))
        if origin is None or may_open(origin, own, settings.CSRF_TRUSTED_ORIGINS):
            return await self.application(scope, receive, send)
        return await WebsocketDenier()(scope, receive, send)
