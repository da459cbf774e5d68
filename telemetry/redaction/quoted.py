"""Finds values behind names in quotes: in JSON, in JSON inside JSON, in Python, in lists of names and values."""

import re

from telemetry.redaction.keys import name_before, names_secret
from telemetry.redaction.stretches import Span
from telemetry.redaction.values import json_value, looks_secret

_QUOTE, _COLON = r"""\\{0,7}["'`]""", r"\s{0,9}:\s{0,9}"
# What may stand between the two in a list of names and values: `"in": "header"`, `"required": true`.
_VALUE = rf"""(?:{_QUOTE}[^"'\\]{{0,99}}{_QUOTE}|[\w.]{{1,20}})"""
_OTHERS = rf"""(?:\s{{0,9}},\s{{0,9}}{_QUOTE}[\w.-]{{1,40}}{_QUOTE}{_COLON}{_VALUE}){{0,3}}"""
_IS_NEXT = r"""\s{0,9},\s{0,9}(?=b?\\{0,7}["'])"""
# What comes between a name and its value.
_BETWEEN = re.compile(
    rf"""{_QUOTE}(?:(?P<value>{_COLON}|\]?\s{{0,9}}=>?\s{{0,9}}(?!=)|\s{{1,9}}value="""
    rf"""|{_OTHERS}\s{{0,9}},\s{{0,9}}{_QUOTE}(?:value|val|content|text|stringValue){_QUOTE}{_COLON})"""
    r"""|(?P<content>\s?>|(?:\\[rn]|[\r\n]){2,4})"""
    rf"""|(?P<next>{_IS_NEXT}))"""
)
# Of an element of XML, and of a part of a form.
_CONTENT = re.compile(r"[^<>\r\n\\]{1,4000}")
_OPENS_PAIR = re.compile(r"""[(\[]\s?b?\\{0,7}["']\Z""")
_CLOSES_PAIR = re.compile(r"""\\{0,7}["']\s{0,9}[)\]]""")
_LOGPROB = re.compile(
    rf"""{_QUOTE}[^"]{{0,40}}{_QUOTE}\s{{0,9}},\s{{0,9}}{_QUOTE}(?:logprob|bytes){_QUOTE}{_COLON}"""
)
_VALUE_FIRST = re.compile(
    rf"""value{_QUOTE}{_COLON}{_QUOTE}([^"'\\]{{1,4000}}){_QUOTE}\s{{0,9}},\s{{0,9}}"""
    rf"""{_QUOTE}(?:name|key|field|header){_QUOTE}{_COLON}{_QUOTE}([\w.-]{{1,64}}){_QUOTE}""",
    re.IGNORECASE,
)
VALUE_FIRST = ('value"', "value'", "value\\")


def find_quoted(text: str, start: int, behind: int) -> Span | None:
    """The value of the name that ends at *behind*, before its quote."""
    between = _BETWEEN.match(text, behind)
    if between is None:
        return None
    name = name_before(text, start, behind, in_quotes=True)
    if not names_secret(name):
        return None
    if between["content"]:
        content = _CONTENT.match(text, between.end())
        return Span(*content.span()) if content else None
    if between["next"] is None:
        return None if _is_of_a_model(name, text, between.end()) else json_value(text, between.end())
    return _next_string(text, behind - len(name), between.end(), is_flag=name.startswith("-"))


def _is_of_a_model(name: str, text: str, at: int) -> bool:
    """Whether a ``token`` is a piece of text with its probability, as models list them."""
    return name == "token" and _LOGPROB.match(text, at) is not None


def find_value_first(text: str, start: int, end: int) -> Span | None:
    """Of ``"value": "…", "name": "password"``."""
    found = _VALUE_FIRST.match(text, start)
    return Span(*found.span(1)) if found and names_secret(found[2]) else None


def _next_string(text: str, name_at: int, at: int, *, is_flag: bool) -> Span | None:
    """The string that follows a name: of ``'--password', '…'`` and of a pair such as ``("cookie", "…")``."""
    span = json_value(text, at)
    if span is None or is_flag:
        return span
    value = text[span.start : span.end]
    if names_secret(value) or not looks_secret(value):
        return None  # a list of words
    opens = _OPENS_PAIR.search(text, max(0, name_at - 12), name_at)
    return span if opens and _CLOSES_PAIR.match(text, span.end) else None
