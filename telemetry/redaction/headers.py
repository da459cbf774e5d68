"""Finds the values of header lines whose name is one of a secret: to the end of the line."""

import re

from telemetry.redaction.stretches import Span
from telemetry.redaction.values import looks_secret

_PLAIN = frozenset({"authorization", "cookie"})
# A character, or a parameter with its value in quotes: `response="…"`.
_LINE = re.compile(r"""(?:[\w-]{1,40}=(?:\\{0,7}"[^"\r\n]{0,999}"|[^\s",;'\\]*)[,;]?[ \t]{0,3}|[^\r\n"'\\])+""")
_SCHEME = re.compile(
    r"\s{0,9}(?:Bearer|Basic|Digest|Negotiate|NTLM|Token|ApiKey|Key|AWS4-HMAC-SHA256)\s{1,9}", re.I
)
_WORD = re.compile(r"\s{0,9}([^\s\"'\\,;]+)")
# As much of a word as tells whether a language has it.
_START = re.compile(r"\s{0,9}([^\s\"'\\,;]{1,200})")
_COOKIE = re.compile(r"\s{0,9}[\w.$!#%&*+^`|~-]{1,100}=")


def is_header(name: str) -> bool:
    """Whether *name*, of a secret, is written as the names of headers are."""
    return "-" in name or name.lower() in _PLAIN


def header_value(text: str, at: int, name: str) -> Span | None:
    """Of the header *name* whose value begins at *at*, unless it is a word of a sentence."""
    lower = name.lower()
    if lower.endswith("cookie"):
        found = _LINE.match(text, at) if _COOKIE.match(text, at) else None
        return _behind_spaces(found)
    if not lower.endswith("authorization"):
        found = _WORD.match(text, at)
        return Span(*found.span(1)) if found else None
    if (begin := behind_scheme(text, at)) > at:
        return _behind_spaces(_LINE.match(text, begin))
    found = _START.match(text, at)
    return _behind_spaces(_LINE.match(text, at)) if found and looks_secret(found[1]) else None


def behind_scheme(text: str, at: int) -> int:
    """Where the credentials begin of an Authorization whose value begins at *at*."""
    scheme = _SCHEME.match(text, at)
    return scheme.end() if scheme else at


def _behind_spaces(found: re.Match[str] | None) -> Span | None:
    if found is None:
        return None
    return Span(found.end() - len(found[0].lstrip()), found.end())
