"""Which exceptions say that something behind a tool failed, and when it wants to be asked again."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from django.db import InterfaceError, OperationalError

# What a broken dependency raises when the tool does not say so itself.
DEPENDENCY_ERRORS = (OperationalError, InterfaceError, ConnectionError, TimeoutError)
# The same by name, of libraries that a tool may use and this process need not have loaded.
DEPENDENCY_NAMES = frozenset(
    {"httpx.TransportError", "requests.exceptions.ConnectionError", "requests.exceptions.Timeout"}
)
# HTTP statuses below 500 that are not the request's fault.
PASSING_STATUSES = frozenset({408, 429})


@dataclass(frozen=True, slots=True)
class UpstreamFailure:
    """What failed, in words that hold nothing of its inside."""

    name: str
    retry_after_s: float | None = None


def utc_now() -> datetime:
    return datetime.now(UTC)


def failed_upstream(error: BaseException, now: Callable[[], datetime] = utc_now) -> UpstreamFailure | None:
    """*error* as a failure behind the tool; None where it is none.

    An exception with an HTTP ``response`` (of httpx, requests, or a model's client built on them) is one by its
    status: 408, 429, or 500 and above. Other statuses mean that the tool asked wrongly.
    """
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if isinstance(status, int):
        if status < 500 and status not in PASSING_STATUSES:
            return None
        header = getattr(response, "headers", {}).get("Retry-After", "")
        return UpstreamFailure(f"HTTP {status}", retry_after_s(header, now))
    names = {f"{kind.__module__}.{kind.__name__}" for kind in type(error).__mro__}
    if isinstance(error, DEPENDENCY_ERRORS) or names & DEPENDENCY_NAMES:
        return UpstreamFailure(type(error).__name__)
    return None


def retry_after_s(header: str, now: Callable[[], datetime] = utc_now) -> float | None:
    """The seconds that a ``Retry-After`` header asks for, as a number or as a date; None if it cannot be read."""
    try:
        seconds = float(header)
    except ValueError:
        return _until(header, now)
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _until(date: str, now: Callable[[], datetime]) -> float | None:
    try:
        at = parsedate_to_datetime(date)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now()).total_seconds())
