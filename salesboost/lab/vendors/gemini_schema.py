"""The schemas that Gemini takes as ``parameters``: a part of OpenAPI's words, and none of JSON Schema's others."""

from collections.abc import Iterator, Mapping
from typing import Any

from salesboost.lab.vendors.base import Refused

WORDS = frozenset(
    {
        *(
            "type",
            "format",
            "title",
            "description",
            "nullable",
            "enum",
            "items",
            "minItems",
            "maxItems",
            "default",
        ),
        *("properties", "required", "minProperties", "maxProperties", "propertyOrdering", "anyOf", "example"),
        *("minLength", "maxLength", "pattern", "minimum", "maximum"),
    }
)
TYPES = frozenset({"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"})
TYPE = "type.googleapis.com/google.ai.generativelanguage.v1beta.Type"
MAX_DEPTH = 32


def check(schema: Any, place: str) -> None:
    """Refuse *schema*, which stands at *place*, for its words or for what it lacks."""
    unknown = list(_unknown(schema, place, 0))
    if unknown:
        raise Refused("\n".join(f"Invalid JSON payload received. {each}" for each in unknown))
    missing = list(_missing(schema, f"GenerateContentRequest.{place}", 0))
    if missing:
        raise Refused("\n".join(f"* {each}" for each in missing))


def _unknown(schema: Any, place: str, depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH or not isinstance(schema, Mapping):
        return
    for word in schema:
        if word not in WORDS:
            yield f"Unknown name \"{word}\" at '{place}': Cannot find field."
    yield from _wrong(schema, place)
    for where, inner in _inner(schema):
        yield from _unknown(inner, f"{place}.{where}", depth + 1)


def _wrong(schema: Mapping[str, Any], place: str) -> Iterator[str]:
    kind = schema.get("type", "STRING")
    if isinstance(kind, list):
        yield f"Unknown name \"type\" at '{place}': Proto field is not repeating, cannot start list."
    elif str(kind).upper() not in TYPES:
        yield f"Invalid value at '{place}.type' ({TYPE}), \"{kind}\""
    for number, value in enumerate(schema.get("enum") or ()):
        if not isinstance(value, str):
            yield f"Invalid value at '{place}.enum[{number}]' (TYPE_STRING), {value}"


def _inner(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    properties = schema.get("properties")
    for number, inner in enumerate(properties.values() if isinstance(properties, Mapping) else ()):
        yield f"properties[{number}].value", inner
    if "items" in schema:
        yield "items", schema["items"]
    for number, inner in enumerate(schema.get("anyOf") or ()):
        yield f"any_of[{number}]", inner


def _missing(schema: Any, place: str, depth: int) -> Iterator[str]:
    if depth > MAX_DEPTH or not isinstance(schema, Mapping):
        return
    properties = schema.get("properties") or {}
    if str(schema.get("type")).upper() == "ARRAY" and not schema.get("items"):
        yield f"{place}.items: missing field."
    for number, name in enumerate(schema.get("required") or ()):
        if name not in properties:
            yield f"{place}.required[{number}]: property is not defined"
    for name, inner in properties.items():
        yield from _missing(inner, f"{place}.properties[{name}]", depth + 1)
    if schema.get("items"):
        yield from _missing(schema["items"], f"{place}.items", depth + 1)
    for number, inner in enumerate(schema.get("anyOf") or ()):
        yield from _missing(inner, f"{place}.any_of[{number}]", depth + 1)
