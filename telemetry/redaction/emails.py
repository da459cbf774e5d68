"""Finds e-mail addresses."""

import re

REDACTED = "[email]"
# The lengths are those of RFC 5321 (4.5.3.1), which also keep the search linear.
_EMAIL = re.compile(
    r"(?<![\w.%+-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,63}(?![\w-])"
)


def find_emails(text: str, lower: str) -> str:
    return _EMAIL.sub(_email, text) if "@" in text else text


def _email(found: re.Match[str]) -> str:
    # A quote or a brace may stand before an address, though its first part could hold one.
    kept = re.match(r"""['"`{|=/]*""", found[0])
    return (kept[0] if kept else "") + REDACTED
