"""What models send that means the same as what a tool takes, and the naming of every such change.

A string that holds an object or list is decoded only where the schema wants one, and only if it is whole: cut-off
JSON stays an error, as half an argument may mean something else.
"""

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from pydantic_core import ErrorDetails, to_jsonable_python

CONTAINER_WANTED = frozenset(
    {
        *("list_type", "tuple_type", "set_type", "frozen_set_type", "iterable_type"),
        *("dict_type", "mapping_type", "model_type", "model_attributes_type", "dataclass_type"),
    }
)


def as_object(payload: Any) -> tuple[Any, list[str]]:
    """*payload* with text decoded that holds an object, and nothing taken as no arguments."""
    if payload is None or payload == "":
        return {}, ["payload: nothing taken as no arguments"]
    if isinstance(payload, str):
        decoded = _decoded(payload)
        if isinstance(decoded, dict):
            return decoded, ["payload: text decoded as JSON"]
    return payload, []


def repaired(
    payload: Mapping[str, Any], errors: Sequence[ErrorDetails], optional: frozenset[str]
) -> tuple[dict[str, Any], list[str]]:
    """A copy of *payload* without those *errors* that can be put right, and what was done, one sentence each."""
    fixed = deepcopy(dict(payload))
    repairs: list[str] = []
    for error in errors:
        where = error["loc"]
        if error["input"] is None and len(where) == 1 and where[0] in optional:
            del fixed[str(where[0])]
            repairs.append(f"{where[0]}: null taken as not given")
        elif error["type"] in CONTAINER_WANTED and isinstance(error["input"], str):
            decoded = _decoded(error["input"])
            if isinstance(decoded, dict | list) and (path := _put(fixed, where, error["input"], decoded)):
                repairs.append(f"{path}: text decoded as JSON")
    return fixed, repairs


def changes(sent: Mapping[str, Any], read: Mapping[str, Any]) -> list[str]:
    """Where a value of another type was read than was sent."""
    found: list[str] = []
    for name, value in sent.items():
        got = read.get(name)
        if got is not value and not (type(got) is type(value) and got == value):
            _compare(name, value, to_jsonable_python(got, serialize_unknown=True), found)
    return found


def json_type(value: Any) -> str:
    """*value*'s type in JSON's words."""
    if value is None:
        return "null"
    names = {
        str: "a string",
        int: "a number",
        float: "a number",
        bool: "a boolean",
        list: "a list",
        dict: "an object",
    }
    return names.get(type(value), type(value).__name__)


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _put(fixed: Any, where: Sequence[str | int], old: str, new: Any) -> str:
    """Replace *old* by *new* at the longest part of *where* that leads to it. The path, or ''."""
    for length in range(len(where), 0, -1):
        holder = fixed
        try:
            for part in where[: length - 1]:
                holder = holder[part]
            if holder[where[length - 1]] == old:
                holder[where[length - 1]] = new
                return ".".join(str(part) for part in where[:length])
        except (KeyError, IndexError, TypeError):
            continue  # pydantic names the branch of a union in the path too
    return ""


def _compare(path: str, sent: Any, read: Any, found: list[str]) -> None:
    if isinstance(sent, Mapping) and isinstance(read, dict):
        for name in sent.keys() & read.keys():
            _compare(f"{path}.{name}", sent[name], read[name], found)
    elif isinstance(sent, list | tuple) and isinstance(read, list) and len(sent) == len(read):
        for place, (before, after) in enumerate(zip(sent, read, strict=True)):
            _compare(f"{path}.{place}", before, after, found)
    # Exact types have no JSON of their own: a decimal, a date or a UUID is a string there, whatever was sent.
    elif not isinstance(read, str) and json_type(sent) != json_type(read):
        found.append(f"{path}: {json_type(sent)} read as {json_type(read)}")
