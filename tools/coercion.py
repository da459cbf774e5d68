"""What models send that means the same as what a tool takes, and the naming of every such change.

A string that holds an object or list is decoded only where the schema wants one, and only if it is whole: cut-off
JSON stays an error, as half an argument may mean something else.
"""

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from pydantic_core import ErrorDetails, to_jsonable_python

from tools.schemas.places import Place, at, is_optional, real_place

# One thing that is wrong with a payload, in pydantic's words (``type``, ``loc``, ``msg``, ``input``, ``ctx``),
# whichever library found it.
Fault = ErrorDetails
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
    payload: Mapping[str, Any], faults: Sequence[Fault], parameters: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """A copy of *payload* without those *faults* that can be put right, and what was done, one sentence each.

    *parameters* is the JSON Schema, which says what may be left out.
    """
    fixed = deepcopy(dict(payload))
    repairs: list[str] = []
    for fault in faults:
        place = real_place(fixed, fault["loc"])
        if not place or at(fixed, place) != fault["input"]:
            continue  # another fault of the same value was put right before
        if fault["input"] is None and isinstance(place[-1], str):
            if is_optional(parameters, place):
                del at(fixed, place[:-1])[place[-1]]
                repairs.append(f"{dotted(place)}: null taken as not given")
        elif fault["type"] in CONTAINER_WANTED and isinstance(fault["input"], str):
            decoded = decoded_container(fault["input"])
            if decoded is not None:
                at(fixed, place[:-1])[place[-1]] = decoded
                repairs.append(f"{dotted(place)}: text decoded as JSON")
    return fixed, repairs


def located(faults: Sequence[Fault], payload: Mapping[str, Any]) -> list[Fault]:
    """*faults* at their places in *payload*, without the branches of unions, whose names only the code knows."""
    found = []
    for fault in faults:
        absent = fault["loc"][-1:] if fault["type"] == "missing" else ()
        found.append(Fault(**{**fault, "loc": (*real_place(payload, fault["loc"]), *absent)}))
    return found


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


def dotted(place: Place) -> str:
    """*place* as people write it: ``items.0.sku``."""
    return ".".join(str(part) for part in place)


def decoded_container(text: str) -> dict[str, Any] | list[Any] | None:
    """The object or list that *text* holds as JSON; None where it holds none, or one that is cut off."""
    decoded = _decoded(text)
    return decoded if isinstance(decoded, dict | list) else None


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


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
