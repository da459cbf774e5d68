"""The formats of JSON Schema that are checked; one that is not here is a remark, as the specification has it."""

import re
from collections.abc import Callable
from datetime import date
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from urllib.parse import urlsplit

import regex
from jsonschema import FormatChecker

# RFC 3339, which ISO 8601 allows far more than: no weeks, no missing dashes, no time without its zone.
DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
TIME = re.compile(
    r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)(?:\.[0-9]+)?"
    r"(?:[zZ]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)
# ISO 8601 as in appendix A of RFC 3339: at least one part, and T only before a time.
DURATION = re.compile(
    r"P(?=[0-9]|T[0-9])(?:[0-9]+W|(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?"
    r"(?:T(?=[0-9])(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+S)?)?)"
)
LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
MAIL_BOX = re.compile(r"[^\s@.\"(),:;<>\[\\\]]+(?:\.[^\s@.\"(),:;<>\[\\\]]+)*|\"(?:[^\"\\\r\n]|\\[^\r\n])*\"")
MAIL_DOMAIN = re.compile(r"(?:(?!-)[\w-]{1,63}(?<!-)\.)*(?!-)[\w-]{1,63}(?<!-)\.?")  # also in other alphabets
URI_SIGNS = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


def is_date_time(text: str) -> bool:
    return text[10:11] in ("T", "t", " ") and is_date(text[:10]) and is_time(text[11:])


def is_time(text: str) -> bool:
    found = TIME.fullmatch(text)
    if found is None or found[3] != "60":
        return found is not None
    # A leap second comes at the end of a day in UTC, wherever its clock stands.
    minutes = int(found[1]) * 60 + int(found[2])
    offset = int(found[5] or 0) * 60 + int(found[6] or 0)
    return (minutes + (offset if found[4] == "-" else -offset)) % 1440 == 1439


def is_date(text: str) -> bool:
    found = DATE.fullmatch(text)
    return found is not None and bool(date(*map(int, found.groups())))


def is_email(text: str) -> bool:
    box, _, domain = text.rpartition("@")
    return MAIL_BOX.fullmatch(box) is not None and (_is_address(domain) or bool(MAIL_DOMAIN.fullmatch(domain)))


def _is_address(domain: str) -> bool:
    """Whether *domain* is an address in brackets."""
    if not (domain.startswith("[") and domain.endswith("]")):
        return False
    inner = domain[1:-1]
    return is_ipv6(inner.removeprefix("IPv6:")) if inner.startswith("IPv6:") else IPv4Address(inner) is not None


def is_ipv6(text: str) -> bool:
    return "%" not in text and IPv6Address(text) is not None


def is_host_name(text: str) -> bool:
    return 0 < len(text) <= 253 and all(LABEL.fullmatch(label) for label in text.removesuffix(".").split("."))


def is_uri(text: str) -> bool:
    return bool(URI_SIGNS.fullmatch(text)) and bool(urlsplit(text).scheme)


def is_uri_reference(text: str) -> bool:
    return bool(URI_SIGNS.fullmatch(text)) and urlsplit(text) is not None


def is_pattern(text: str) -> bool:
    return regex.compile(text) is not None


CHECKS: dict[str, Callable[[str], Any]] = {
    "date-time": is_date_time,
    "date": is_date,
    "time": is_time,
    "duration": DURATION.fullmatch,
    "email": is_email,
    "idn-email": is_email,
    "hostname": is_host_name,
    "ipv4": IPv4Address,
    "ipv6": is_ipv6,
    "uri": is_uri,
    "uri-reference": is_uri_reference,
    "uuid": UUID.fullmatch,
    "json-pointer": POINTER.fullmatch,
    "regex": is_pattern,
}


def _of_text(check: Callable[[str], Any]) -> Callable[[object], bool]:
    """*check*, which a value that is no text passes."""
    return lambda value: not isinstance(value, str) or check(value) not in (None, False)


FORMATS = FormatChecker(formats=())
for _name, _check in CHECKS.items():
    FORMATS.checks(_name, raises=(ValueError, regex.error))(_of_text(_check))
