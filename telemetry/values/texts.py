"""Values as Postgres can hold them: text without NUL and half characters, JSON without NaN, both cut. Pure."""

import base64
import json
import math
from collections.abc import Mapping
from typing import Any

TEXT_CHARS = 256
ATTRIBUTE_CHARS = 4_000
# Of a list or a mapping, written as JSON.
STRUCTURE_CHARS = 16_000
# Where the middle of a text was taken out.
LEFT_OUT = "\n… [left out] …\n"
MAX_ATTRIBUTES = 128
MAX_DEPTH = 8
_AS_THEY_ARE = frozenset({bool, int, type(None)})

write_json = json.JSONEncoder(ensure_ascii=False, default=str).encode
sorted_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode


def clean(value: Any, limit: int) -> str:
    """*value* as text that Postgres can hold, at most *limit* characters; ``""`` for None."""
    if value is None:
        return ""
    text = (value if isinstance(value, str) else as_text(value))[:limit]
    if "\x00" in text:
        text = text.replace("\x00", "")
    # Halves of surrogate pairs are no text.
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def both_ends(text: str, limit: int) -> str:
    """*text*, or its beginning and its end with LEFT_OUT between: at most *limit* characters."""
    if len(text) <= limit:
        return text
    room = limit - len(LEFT_OUT)
    if room < 2:
        return text[:limit]
    return f"{text[: room - room // 2]}{LEFT_OUT}{text[-(room // 2) :]}"


def as_text(value: Any) -> str:
    """*value* as JSON where it is a structure, else in Python's words."""
    return write_json(value) if isinstance(value, Mapping | list | tuple) else str(value)


def storable(value: Any) -> Any:
    """*value* as JSON that Postgres takes: text cut, no NUL, no NaN, not endlessly deep or long."""
    kind = type(value)
    if kind is str:
        return clean(value, ATTRIBUTE_CHARS)
    if kind in _AS_THEY_ARE:
        return value
    found = _storable(value, 0)
    if isinstance(found, dict | list) and len(text := write_json(found)) > STRUCTURE_CHARS:
        return clean(text, STRUCTURE_CHARS)
    return found


def _storable(value: Any, depth: int) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, int):
        return value
    if depth < MAX_DEPTH and isinstance(value, Mapping):
        return {clean(str(key), TEXT_CHARS): _storable(item, depth + 1) for key, item in value.items()}
    if depth < MAX_DEPTH and isinstance(value, list | tuple):
        return [_storable(item, depth + 1) for item in value]
    text = base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
    return clean(text, ATTRIBUTE_CHARS)
