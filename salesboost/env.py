"""Readers of the environment. A bad value stops the start with a sentence that names it.

``salesboost/settings.py`` calls these, so every knob stands in one place; of the stores ``salesboost/starting``
does too, without the settings. The file of credentials is read by whoever needs one of them.
"""

import json
import os
import re
from collections.abc import Iterable
from importlib.util import find_spec
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token, as HTTP has it


def read_str(name: str, default: str = "") -> str:
    """The variable's text, or *default* where it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def read_bool(name: str, default: bool) -> bool:
    value = read_str(name).lower()
    if not value:
        return default
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    raise ImproperlyConfigured(f"{name}={value!r} is not a yes or no: use 'true' or 'false'.")


def read_int(name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    value = read_str(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number.") from None
    if number < least or (most is not None and number > most):
        bounds = f"{least} to {most}" if most is not None else f"at least {least}"
        raise ImproperlyConfigured(f"{name}={number} is out of range: use {bounds}.")
    return number


def read_float(name: str, default: float, *, least: float = 0.0, most: float | None = None) -> float:
    value = read_str(name)
    if not value:
        return default
    try:
        number = float(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r} is not a number.") from None
    if not number >= least or (most is not None and number > most):
        bounds = f"{least} to {most}" if most is not None else f"at least {least}"
        raise ImproperlyConfigured(f"{name}={number} is out of range: use {bounds}.")
    return number


def read_list(name: str) -> list[str]:
    """Comma-separated values, blanks dropped."""
    return [part.strip() for part in read_str(name).split(",") if part.strip()]


def read_networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Comma-separated addresses and networks."""
    found = []
    for part in read_list(name):
        try:
            found.append(ip_network(part, strict=False))
        except ValueError:
            raise ImproperlyConfigured(
                f"{name}: {part!r} is no address and no network: write '10.0.0.7' or '10.0.0.0/24'."
            ) from None
    return found


def read_headers(name: str) -> dict[str, str]:
    """``key=value`` pairs, comma-separated, values as in a URL: what OpenTelemetry's exporters take."""
    found: dict[str, str] = {}
    for pair in read_list(name):
        key, equals, value = pair.partition("=")
        if not equals or not HEADER_NAME.fullmatch(key.strip()):
            # Never the value: it may be a secret.
            raise ImproperlyConfigured(f"{name} must look like 'authorization=Bearer%20abc,x-team=sales'.")
        found[key.strip().lower()] = unquote(value.strip())
    return found


def read_otlp_url(name: str, *, own: set[str]) -> str:
    """The address of an OTLP/HTTP endpoint, with ``/v1/traces`` where it has no path; ``""`` for none.

    *own*: ``host:port`` of this SalesBoost, to which it must not forward.
    """
    url = read_str(name)
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        parts, port = urlsplit(""), 0
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ImproperlyConfigured(f"{name} must be an address such as https://otel.example/v1/traces.")
    if f"{parts.hostname}:{port}" in own:
        raise ImproperlyConfigured(f"{name} is this SalesBoost itself: name another endpoint, or unset it.")
    return url if parts.path.strip("/") else f"{url.rstrip('/')}/v1/traces"


def read_heartbeat_url(name: str) -> str:
    """An address to be asked regularly; ``""`` for none. It is as good as a password: no message repeats it."""
    url = read_str(name)
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        usable = False
    if url and not usable:
        raise ImproperlyConfigured(f"{name} must be an address such as https://hc-ping.com/your-uuid.")
    if "@" in parts.netloc:
        raise ImproperlyConfigured(
            f"{name} must not hold a user name or password: take an address that is a secret by itself."
        )
    return url


def read_choices(name: str, choices: Iterable[str], *, usual: Iterable[str] | None = None) -> list[str]:
    """Some of *choices*, comma-separated; the *usual* or all of them where nothing is said, none for ``none``."""
    known = list(choices)
    chosen = read_list(name) or list(known if usual is None else usual)
    if chosen == ["none"]:
        return []
    if unknown := [value for value in chosen if value not in known]:
        raise ImproperlyConfigured(f"{name} has {unknown[0]!r}: choose from {', '.join(known)}, or write none.")
    return chosen


def package_dir(name: str) -> Path:
    """Where a package lies of which we use files, without loading it."""
    return Path(getattr(find_spec(name), "origin", None) or "").parent


def read_credentials(data_dir: Path) -> dict[str, str]:
    """What the first `manage.py up` wrote for this *data_dir*; empty before that."""
    try:
        stored = json.loads((data_dir / "credentials.json").read_text())
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in stored.items()}


def read_database(url: str) -> dict[str, object]:
    """Django's database settings for a ``postgresql://`` *url* (``?host=`` for a socket folder)."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(
            f"DATABASE_URL has the scheme {parts.scheme!r}: use postgresql://user:password@host:5432/name."
        )
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    host = unquote(query.pop("host", "")) or parts.hostname or ""
    try:
        port = str(parts.port or query.pop("port", ""))
    except ValueError:
        raise ImproperlyConfigured("DATABASE_URL has a port that is not a number.") from None
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "salesboost",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": port,
        "OPTIONS": {key: unquote(value) for key, value in query.items()},
    }


def read_email(url: str) -> dict[str, object]:
    """Django's e-mail settings for ``smtp://user:password@host:587`` (``smtps://`` for TLS from the start)."""
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ImproperlyConfigured(
            "EMAIL_URL must look like smtp://user:password@host:587 "
            "(smtps:// for TLS from the start, ?starttls=true for STARTTLS)."
        )
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": "starttls=true" in parts.query.lower(),
    }
