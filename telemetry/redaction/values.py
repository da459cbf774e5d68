"""Where a value ends that begins at some place of a text: of JSON, of JSON inside JSON, of Python, plain."""

import re

from telemetry.redaction.keys import names_secret
from telemetry.redaction.stretches import REDACTED, Span

_OPENING_QUOTE = re.compile(r"""(?:b|u|r)?(\\{0,7})(["'`])""")
# Numbers, true, false and nothing are no secrets.
_NO_SECRET = re.compile(r"(?:-?\d[\d.eE+-]*|true|false|null|none|nan|undefined)(?![^\s,;}\])\\])", re.IGNORECASE)
_BARE_VALUE = re.compile(r"[^\s,}\]]*")
_BRACKET = re.compile(r"[{}\[\]]")
# A JSON Schema tells of a value and holds none.
_SCHEMA = re.compile(
    r"""["']type\\{0,7}["']\s{0,9}:\s{0,9}\\{0,7}["'](?:string|number|integer|boolean|array|object)\\?["']"""
)

_END = r"""\s;,"'<>)\]}|\\"""
_WORD = re.compile(rf"(?:[^{_END}&]|&(?![\w.%\[\]-]{{1,60}}=))+")
_IN_FORM = re.compile(rf"[^{_END}&#]+")
# What stands for a value in code, templates and documentation.
_PLACEHOLDER = re.compile(
    r"\$[\w({]|%[(s]|\{\{|<|\*{3}|\?$|:\w|\[(?:redacted|email|phone|iban|ssn|name|address)\b|\.\.\.|(?:None|null|nil|undefined|true|false|x{3,})$|[A-Za-z_][\w.]*[(\[]",
    re.IGNORECASE,
)
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w.$-]*")


def json_value(text: str, at: int) -> Span | None:
    """The secret value at *at*, behind a key in quotes: between its quotes, or all that is in its brackets."""
    if quote := _OPENING_QUOTE.match(text, at):
        end, closing = string_end(text, quote.end(), len(quote[1]), quote[2])
        return Span(quote.end(), end - closing) if end - closing > quote.end() else None
    if text[at : at + 1] in ("{", "["):
        end = _brackets_end(text, at)
        # What holds nothing but numbers holds no secret; either way it is not looked at again.
        held = text[at:end]
        kept = ('"' not in held and "'" not in held) or _SCHEMA.search(held)
        return Span(at, end, held if kept else f'"{REDACTED}"')
    if _NO_SECRET.match(text, at):
        return None
    bare = _BARE_VALUE.match(text, at)
    return Span(at, bare.end(), f'"{REDACTED}"') if bare and bare.end() > at else None


def plain_value(text: str, at: int, *, in_form: bool = False) -> Span | None:
    """The value at *at* as assignments, URLs and command lines write it, unless it only stands for one."""
    if quote := _OPENING_QUOTE.match(text, at):
        end, closing = string_end(text, quote.end(), len(quote[1]), quote[2])
        span = Span(quote.end(), end - closing)
    else:
        found = (_IN_FORM if in_form else _WORD).match(text, at)
        if found is None:
            return None
        span = Span(*found.span())
    value = text[span.start : span.end]
    return span if value and not stands_for_a_value(value) else None


def stands_for_a_value(value: str) -> bool:
    """Whether *value* is a placeholder, an expression or the name of a variable."""
    if len(value) < 3 and value.isdigit():
        return True
    return bool(_PLACEHOLDER.match(value) or (_IDENTIFIER.fullmatch(value) and names_secret(value)))


def looks_secret(value: str) -> bool:
    """Whether a word is none of a language: it has a digit and something else, or four digits and nothing else."""
    digits = sum(char.isdigit() for char in value)
    if digits == len(value):
        return digits >= 4
    return digits > 0 and len(value) >= 5


def string_end(text: str, at: int, backslashes: int, quote: str) -> tuple[int, int]:
    """Where the string ends whose first character is at *at*, and how many characters close it; 0: cut off."""
    # JSON inside JSON writes its quotes as \", and the quotes inside those as \\\".
    while (end := text.find(quote, at)) >= 0:
        before = end
        while before > at and text[before - 1] == "\\":
            before -= 1
        if end - before <= backslashes:
            return end + 1, end - before + 1
        at = end + 1
    return len(text), 0


def _brackets_end(text: str, at: int) -> int:
    depth = 0
    for bracket in _BRACKET.finditer(text, at):
        depth += 1 if bracket[0] in "{[" else -1
        if depth == 0:
            return bracket.end()
    return len(text)
