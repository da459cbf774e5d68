"""Data as Python writes it (``{'error': True, 'items': [Decimal('1')]}``), or almost JSON (``NaN``). Pure.

So are models of Pydantic: ``ToolMessage(content='no', status='error')``, or their words alone.
"""

import json
import re
from ast import literal_eval
from typing import Any

import msgspec

# Beyond so many words and marks nothing is read; a text is one, however long it is.
MAX_TOKENS = 100_000

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>[bBuU]?(?:'(?:[^'\\]++|\\.)*+'|"(?:[^"\\]++|\\.)*+"))
        |(?P<last>,\s*(?=[)\]}]))            # behind the only one of a tuple
        |(?P<mark>[{}\[\],:])
        |(?P<key>-?\d+(?=\s*:))
        |(?P<number>-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.]))
        |(?P<named>\w+)=(?=[^=])             # of a call: tzinfo=…
        |(?P<model>[A-Za-z_][\w.]*\((?=\w+=[^=]))
        |(?P<open>(?:[A-Za-z_][\w.]*)?\()    # Decimal('1'), datetime.date(2026, 11, 30), a tuple
        |(?P<close>\))
        |(?P<word>-?[A-Za-z_][\w.]*)
        |(?P<object><[^<>]*>)
    )""",
    re.VERBOSE | re.DOTALL,
)
_WORDS = {"True": "true", "true": "true", "False": "false", "false": "false"}
_PARTS = {"last": "", "object": "null"}
_BRACKETS = {"open": "[]", "model": "{}"}


def read(text: str) -> Any:
    """What *text* is, if it is an object or a list; None for anything else. What is no data within it is None."""
    parts, closing, at, end = list[str](), list[str](), 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None or len(parts) == MAX_TOKENS:
            return None
        at = found.end()
        if brackets := _BRACKETS.get(str(found.lastgroup)):
            parts.append(brackets[0])
            closing.append(brackets[1])
        elif found["close"]:
            parts.append(closing.pop() if closing else "")
        elif name := found["named"]:
            # Behind others in a call it is no key. Outside of calls all are of one model.
            said = "" if closing and closing[-1] == "]" else f'"{name}":'
            parts.append(said if closing else f"{',' if parts else '{'}{said}")
        else:
            parts.append(_part(found))
    if text.lstrip()[:1].isalpha() and parts and parts[0].startswith('{"'):
        parts.append("}")
    try:
        return msgspec.json.decode("".join(parts))
    except (msgspec.DecodeError, RecursionError):
        return None


def _part(found: re.Match[str]) -> str:
    """A token as JSON has it."""
    kind, said = str(found.lastgroup), found[str(found.lastgroup)]
    if kind == "text":
        return _text(said)
    if kind == "key":
        return f'"{said}"'
    if kind == "word":
        return _WORDS.get(said, "null")
    return _PARTS.get(kind, said)


def _text(said: str) -> str:
    body = said[1:-1]
    if said[0] in "'\"" and "\\" not in body and '"' not in body and body.isprintable():
        return f'"{body}"'
    try:
        return json.dumps(literal_eval(said), default=repr)
    except (ValueError, SyntaxError, MemoryError):
        return '""'
