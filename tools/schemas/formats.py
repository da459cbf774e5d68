"""The formats of JSON Schema that are checked; one that is not here is a remark, as the specification has it."""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import regex
from jsonschema import FormatChecker

# ISO 8601 as in appendix A of RFC 3339: at least one part, and T only before a time.
DURATION = re.compile(r"P(?=\d|T\d)(?:\d+W|(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)")
LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
OFFSET = re.compile(r"(?:[zZ]|[+-]\d\d:\d\d)$")
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)*")
URI_SIGNS = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")


def is_date_time(text: str) -> bool:
    return text[10:11] in ("T", "t", " ") and bool(OFFSET.search(text) and datetime.fromisoformat(text))


def is_time(text: str) -> bool:
    return bool(OFFSET.search(text)) and time.fromisoformat(text) is not None


def is_date(text: str) -> bool:
    return len(text) == 10 and date.fromisoformat(text) is not None


def is_host_name(text: str) -> bool:
    return 0 < len(text) <= 253 and all(LABEL.fullmatch(label) for label in text.removesuffix(".").split("."))


def is_uri(text: str) -> bool:
    return bool(URI_SIGNS.fullmatch(text)) and bool(urlsplit(text).scheme)


def is_uri_reference(text: str) -> bool:
    return bool(URI_SIGNS.fullmatch(text)) and urlsplit(text) is not None


def is_uuid(text: str) -> bool:
    return len(text) == 36 and bool(UUID(text))


def is_pattern(text: str) -> bool:
    return regex.compile(text) is not None


CHECKS: dict[str, Callable[[str], Any]] = {
    "date-time": is_date_time,
    "date": is_date,
    "time": is_time,
    "duration": DURATION.fullmatch,
    "email": EMAIL.fullmatch,
    "idn-email": EMAIL.fullmatch,
    "hostname": is_host_name,
    "ipv4": IPv4Address,
    "ipv6": IPv6Address,
    "uri": is_uri,
    "uri-reference": is_uri_reference,
    "uuid": is_uuid,
    "json-pointer": POINTER.fullmatch,
    "regex": is_pattern,
}


def _of_text(check: Callable[[str], Any]) -> Callable[[object], bool]:
    """*check*, which a value that is no text passes."""
    return lambda value: not isinstance(value, str) or check(value) not in (None, False)


FORMATS = FormatChecker(formats=())
for _name, _check in CHECKS.items():
    FORMATS.checks(_name, raises=(ValueError, regex.error))(_of_text(_check))
