"""Pydantic's reader of a signature, without coercions of its own: what means the same is read by our one table.

Pydantic takes true for 1, "1_000" for 1000, NaN for a number, 20260102 for a day of 1970 and a list with an item
twice for a set, none of which its JSON Schema allows. So its core schema is copied with those readings taken out.
Keys of objects are text in JSON and keep their reading.
"""

import re
from collections.abc import Callable
from enum import Enum
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticCustomError, PydanticKnownError, SchemaValidator, core_schema

from tools.definition.coercion import json_type
from tools.definition.schemas.numbers import is_multiple

# What stands beside schemas in a core schema and holds none.
DATA = frozenset({"cls", "config", "default", "expected", "keys_schema", "members", "metadata", "serialization"})
OF_TIME = {"date": "date_type", "datetime": "datetime_type", "time": "time_type", "timedelta": "time_delta_type"}
FIGURES = re.compile(r"\s*[+-]?[0-9][0-9_]*(?:\.[0-9_]*)?\s*")


def strict_validator(model: type[BaseModel]) -> SchemaValidator:
    """A validator of *model* that refuses what is not of the type asked for."""
    # Without the last word, the readers that the classes hold already would be taken for the parts of the copy.
    return SchemaValidator(_strict(model.__pydantic_core_schema__), None, _use_prebuilt=False)


def _strict(part: Any) -> Any:
    if isinstance(part, list | tuple):
        return type(part)(_strict(one) for one in part)
    if not isinstance(part, dict):
        return part
    kind = part.get("type")
    if not isinstance(kind, str):  # schemas by name
        return {name: _strict(one) for name, one in part.items()}
    node = {key: value if key in DATA else _strict(value) for key, value in part.items()}
    change = CHANGES.get(kind)
    return change(node) if change else node


def _number(node: dict[str, Any]) -> dict[str, Any]:
    node = {**node, "strict": True}
    if node["type"] == "int":
        return node
    of = node.pop("multiple_of", None)
    node.setdefault("allow_inf_nan", False)
    return node if of is None else _wrapped(node, lambda value, read: _multiple(read(value), of))


def _multiple(value: float, of: float) -> float:
    if not is_multiple(value, of):
        raise PydanticKnownError("multiple_of", {"multiple_of": of})
    return value


def _boolean(node: dict[str, Any]) -> dict[str, Any]:
    return {**node, "strict": True}


def _choice(node: dict[str, Any]) -> dict[str, Any]:
    """A literal or an enum, in which Python takes true for 1 and pydantic "1" for 1."""
    values = [_plain(one) for one in node.get("expected") or node["members"]]
    if all(isinstance(value, str) for value in values):
        return node
    error: Any = "literal_error" if node["type"] == "literal" else "enum"
    expected = " or ".join(filter(None, [", ".join(map(repr, values[:-1])), repr(values[-1])]))

    def read_choice(value: Any, read: Callable[[Any], Any]) -> Any:
        found = read(value)
        if json_type(_plain(found)) != json_type(_plain(value)):
            raise PydanticKnownError(error, {"expected": expected})
        return found

    return _wrapped(node, read_choice)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _time(node: dict[str, Any]) -> dict[str, Any]:
    """A number is no time: nothing says of what it counts the seconds, or whether it counts seconds."""
    error: Any = OF_TIME[node["type"]]

    def read_time(value: Any, read: Callable[[Any], Any]) -> Any:
        if isinstance(value, int | float) or (isinstance(value, str) and FIGURES.fullmatch(value)):
            raise PydanticKnownError(error)
        return read(value)

    return _wrapped(node, read_time)


def _set(node: dict[str, Any]) -> dict[str, Any]:
    def read_set(value: Any, read: Callable[[Any], Any]) -> Any:
        found = read(value)
        if isinstance(value, list) and len(found) < len(value):
            raise PydanticCustomError("uniqueItems", "input holds an item twice")
        return found

    return _wrapped(node, read_set)


def _wrapped(node: Any, function: Callable[[Any, Callable[[Any], Any]], Any]) -> dict[str, Any]:
    reference = node.pop("ref", None)  # others point to the whole
    return dict(core_schema.no_info_wrap_validator_function(function, node, ref=reference))


CHANGES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "int": _number,
    "float": _number,
    "bool": _boolean,
    "literal": _choice,
    "enum": _choice,
    "set": _set,
    "frozenset": _set,
    **dict.fromkeys(OF_TIME, _time),
}
