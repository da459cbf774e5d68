"""What somebody is told who may not log in just now: one sentence, with the time."""

import math
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from salesboost.login.hashing import TooManyLogins
from salesboost.login.throttle import locked_until

TEMPLATE = "registration/wait.html"


def busy(request: HttpRequest, error: TooManyLogins) -> HttpResponse:
    """For who comes while more passwords wait than can be checked."""
    return _wait(request, "Many people are logging in just now", timedelta(seconds=error.retry_after_s), 503)


def locked(request: Any, response: Any = None, credentials: Any = None) -> HttpResponse:
    """The setting ``AXES_LOCKOUT_CALLABLE``: the same for accounts that there are and that there are not.

    What axes 8.3 gives as the second argument depends on the kind of server; the request has the credentials.
    """
    now = timezone.now()
    until = locked_until(request, request.axes_credentials) or now
    return _wait(request, "Too many wrong passwords", until - now, 429, until)


def _wait(
    request: HttpRequest, why: str, wait: timedelta, status: int, until: datetime | None = None
) -> HttpResponse:
    seconds = max(1, math.ceil(wait.total_seconds()))
    answer = render(request, TEMPLATE, {"sentence": sentence(why, seconds, until)}, status=status)
    answer["Retry-After"] = str(seconds)
    answer["Cache-Control"] = "no-store"
    return answer


def sentence(why: str, seconds: int, until: datetime | None = None) -> str:
    """*why*, and when to come back. Pure."""
    if seconds < 60:
        length = f"{seconds} second{'s' * (seconds != 1)}"
    else:
        minutes = math.ceil(seconds / 60)
        length = f"{minutes} minute{'s' * (minutes != 1)}"
    clock = f", at {until:%H:%M:%S} UTC" if until else ""
    return f"{why}: try again in {length}{clock}."


def client_words(username: str, ip_address: str, user_agent: str, path_info: str, request: HttpRequest) -> str:
    """What the log says of a failed log-in: never the name, for people type their password there."""
    return f"{ip_address or 'an unknown address'} at {path_info}"
