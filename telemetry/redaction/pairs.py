"""Recognizes values that are named by another value beside them: ``{"name": "password", "value": "…"}``."""

from collections.abc import Mapping, Sequence
from typing import Any

from telemetry.redaction.keys import names_secret

_NAMES = ("name", "key", "field", "header", "param", "parameter", "attribute", "label", "id", "k")
_VALUES = frozenset({"value", "val", "values", "content", "text", "v", "stringValue", "string_value"})
# A JSON Schema tells of a value and holds none.
_TYPES = frozenset({"string", "number", "integer", "boolean", "array", "object", "null"})
NONE: frozenset[str] = frozenset()


def secret_values(items: Mapping[Any, Any]) -> frozenset[str]:
    """The names in *items* whose values are secret because another value says so; seldom any."""
    if len(items) < 2 or _VALUES.isdisjoint(items):
        return NONE
    for name in _NAMES:
        named = items.get(name)
        if isinstance(named, str) and names_secret(named):
            return _VALUES
    return NONE


def are_pairs(items: Sequence[Any]) -> bool:
    """Whether *items* are pairs of a name and a value, as headers are."""
    return bool(items) and all(
        isinstance(item, list | tuple) and len(item) == 2 and isinstance(item[0], str) for item in items
    )


def is_schema(items: Mapping[Any, Any]) -> bool:
    kind = items.get("type")
    return isinstance(kind, str) and kind in _TYPES
