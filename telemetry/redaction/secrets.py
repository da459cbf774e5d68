"""Finds keys, tokens and passwords.

That is, the values of keys that name a secret (``password``, ``api_key``, ``authorization`` …), in JSON, in JSON
inside JSON and in Python's way of writing dictionaries, cut off or not; bearer tokens; well-known shapes of keys.
"""

import re
from functools import lru_cache

REDACTED = "[redacted]"

SECRET_WORDS = (
    *(
        "password",
        "passwd",
        "pwd",
        "passphrase",
        "secret",
        "api_key",
        "api-key",
        "apikey",
        "authorization",
        "credential",
    ),
    *("private_key", "private-key", "privatekey", "access_key", "access-key", "accesskey", "cookie", "token"),
)
_WORD = "|".join(SECRET_WORDS)
# One of these is in each of those words: fewer to look for in text that holds none.
_STEMS = ("pass", "key", "token", "secret", "auth", "cookie", "credential", "pwd")
# Numbers of tokens are no secret.
_COUNTS = r"(?!s\b|s?_?-?(?:count|limit|type|usage|length|iz|_per_))"
_SECRET_KEY = re.compile(rf"(?:{_WORD}){_COUNTS}|^(?:pwd|cvv|cvc|ssn|pin)$")
# The end of a key in quotes that names a secret, up to its value.
_KEY = re.compile(rf"""(?:{_WORD}){_COUNTS}[\w.-]{{0,40}}\\{{0,7}}["']\s{{0,9}}:\s{{0,9}}""")
_OPENING_QUOTE = re.compile(r"""(\\{0,7})(["'])""")
_BARE_VALUE = re.compile(r"[^\s,}\]]*")
_BRACKET = re.compile(r"[{}\[\]]")

# A word without which the pattern cannot match, the pattern, and what stays of the match.
SHAPES: tuple[tuple[str, re.Pattern[str], str], ...] = tuple(
    (word, re.compile(pattern, flags), keep + REDACTED)
    for word, pattern, flags, keep in (
        ("bearer", r"\b(bearer)\s{1,9}[\w.~+/-]{16,}={0,2}", re.IGNORECASE, r"\1 "),
        ("authorization:", r"(authorization:\s{0,9}\w{1,20})\s{1,9}[^\s\[\"']+", re.IGNORECASE, r"\1 "),
        ("sk-", r"\bsk-[\w-]{16,}", 0, ""),
        ("gh", r"gh[posu]_\w{20,}", 0, ""),
        ("github_pat_", r"\bgithub_pat_\w{20,}", 0, ""),
        ("xox", r"\bxox[abprs]-[\w-]{10,}", 0, ""),
        ("akia", r"\bAKIA[0-9A-Z]{16}\b", 0, ""),
        ("aiza", r"\bAIza[\w-]{35}", 0, ""),
        ("eyj", r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?", 0, ""),
        (
            "private key-----",
            r"-----BEGIN[ A-Z]{0,20}PRIVATE KEY-----[^-]*(?:-----END[ A-Z]{0,20}KEY-----)?",
            0,
            "",
        ),
        ("://", r"(?<=://)[^\s/:@]{1,200}:[^\s/@]{1,200}(?=@)", 0, ""),
    )
)


def find_secrets(text: str, lower: str) -> str:
    for word, pattern, kept in SHAPES:
        if word in lower:
            text = pattern.sub(kept, text)
    for stem in _STEMS:  # a loop: any() with a generator costs several times as much
        if stem in lower:
            return _without_secret_values(text)
    return text


@lru_cache(4096)
def names_secret(key: str) -> bool:
    """Whether the value of an attribute called *key* is a secret by its name."""
    return _SECRET_KEY.search(key.lower()) is not None


def _without_secret_values(text: str) -> str:
    # Lower case may change the length of text outside ASCII; then positions would not fit.
    lower = text.lower() if text.isascii() else "".join(char.lower() if char.isascii() else char for char in text)
    kept, at = [], 0
    while found := _KEY.search(lower, at):
        kept += [text[at : found.end()], f'"{REDACTED}"']
        at = _value_end(text, found.end())
    return "".join([*kept, text[at:]])


def _value_end(text: str, at: int) -> int:
    """Where the value that begins at *at* ends: behind its closing quote or bracket, or with the text."""
    if quote := _OPENING_QUOTE.match(text, at):
        return _string_end(text, quote.end(), len(quote[1]), quote[2])
    if text[at : at + 1] in ("{", "["):
        return _brackets_end(text, at)
    bare = _BARE_VALUE.match(text, at)
    return bare.end() if bare else at


def _brackets_end(text: str, at: int) -> int:
    depth = 0
    for bracket in _BRACKET.finditer(text, at):
        depth += 1 if bracket[0] in "{[" else -1
        if depth == 0:
            return bracket.end()
    return len(text)


def _string_end(text: str, at: int, backslashes: int, quote: str) -> int:
    # JSON inside JSON writes its quotes as \", and the quotes inside those as \\\".
    while (end := text.find(quote, at)) >= 0:
        before = end
        while before > at and text[before - 1] == "\\":
            before -= 1
        if end - before <= backslashes:
            return end + 1
        at = end + 1
    return len(text)
