"""What a request passes through for a browser's sake, passed by where a program calls with its API key.

Each of Django's own middlewares hops into a thread and back in an asynchronous server; eight of them cost several
times what the call itself does. A program needs none: it has no session, no cookie to forge, and draws no page.
"""

from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from csp.middleware import CSPMiddleware
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.security import SecurityMiddleware
from django.utils.deprecation import MiddlewareMixin
from whitenoise.middleware import WhiteNoiseMiddleware

from salesboost.login.answers import busy
from salesboost.login.hashing import TooManyLogins
from tools.web.problem import MACHINE_PATHS

# The one page among the addresses for programs.
API_PAGES = "/api/v1/docs"
ADMIN = "/admin/"


def by_program(request: HttpRequest) -> bool:
    """Whether *request* carries a valid API key (``ApiKeyMiddleware`` has looked) to an address for programs."""
    if getattr(request, "api_key", None) is None:
        return False
    return request.path_info.startswith(MACHINE_PATHS) and not request.path_info.startswith(API_PAGES)


class _ForBrowsers(MiddlewareMixin):
    """Before a middleware of Django's in the order of bases."""

    def __call__(self, request: HttpRequest) -> Any:
        if by_program(request):
            return self.get_response(request)
        return super().__call__(request)


class Security(_ForBrowsers, SecurityMiddleware):
    """Headers of pages."""


class ContentSecurityPolicy(_ForBrowsers, CSPMiddleware):
    """What a page may load. The admin's theme (Alpine) evaluates expressions of its templates, and may do that."""

    def get_policy_parts(self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False) -> Any:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith(ADMIN):
            parts.update = {**(parts.update or {}), "script-src": ["'unsafe-eval'"]}
        return parts


class Sessions(_ForBrowsers, SessionMiddleware):
    """Logins."""


class Common(_ForBrowsers, CommonMiddleware):
    """Slashes at the end of addresses."""


class Csrf(_ForBrowsers, CsrfViewMiddleware):
    """Tokens of forms."""

    async def _check(self, request: HttpRequest, *view: Any) -> Any:
        return None if by_program(request) else await sync_to_async(super().process_view)(request, *view)

    process_view: Any = _check  # a coroutine function, which Django awaits where it would hop into a thread


class Authentication(_ForBrowsers, AuthenticationMiddleware):
    """``request.user``."""


class Messages(_ForBrowsers, MessageMiddleware):
    """What the next page says."""


class FrameOptions(_ForBrowsers, XFrameOptionsMiddleware):
    """No page in a frame."""


class Passwords(_ForBrowsers):
    """Says when to come back where too many passwords wait to be checked, whatever page asked for it."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        return busy(request, exception) if isinstance(exception, TooManyLogins) else None


class StaticFiles(WhiteNoiseMiddleware):
    """WhiteNoise, which knows no asynchronous servers: it would put every request into a thread."""

    FOREVER = 365 * 24 * 60 * 60  # seconds that a browser keeps a file with a hash in its name
    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        return self._answer(request) if iscoroutinefunction(self) else super().__call__(request)

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        file = self.files.get(request.path_info)
        if file is None:
            passed_on: HttpResponseBase = await self.get_response(request)
            return passed_on
        served: HttpResponseBase = await sync_to_async(self.serve, thread_sensitive=False)(file, request)
        return served
