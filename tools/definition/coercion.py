"""What models send that means the same as what a tool takes: the one table of coercions, and the naming of each.

Both kinds of schema read by it, those of signatures and those of JSON Schema. Nothing is guessed: only where the
value that was sent is refused, and only what stands for exactly one value of the type that is asked for. A string
that holds an object or list is decoded only if it is whole: half an argument may mean something else.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic_core import ErrorDetails

from tools.definition.schemas.places import Place, real_place

# One thing that is wrong with a payload, in pydantic's words (``type``, ``loc``, ``msg``, ``input``, ``ctx``),
# whichever library found it.
Fault = ErrorDetails
WHOLE = re.compile(r"[+-]?[0-9]{1,400}(?:\.0*)?")
NUMBER = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,4})?")
TRUE, FALSE = frozenset({"true", "t", "yes", "y", "on", "1"}), frozenset({"false", "f", "no", "n", "off", "0"})
NOTHING: Any = object()


def as_whole(value: Any) -> Any:
    """The whole number that *value*, a number or text, stands for; NOTHING where it stands for none."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    text = value.strip() if isinstance(value, str) else ""
    return int(text.split(".")[0]) if WHOLE.fullmatch(text) else NOTHING


def as_number(value: Any) -> Any:
    """The number that the text *value* stands for, or NOTHING; NaN and Infinity are none, as in JSON."""
    text = value.strip() if isinstance(value, str) else ""
    if not NUMBER.fullmatch(text):
        return NOTHING
    number = float(text)
    return number if math.isfinite(number) else NOTHING


def as_boolean(value: Any) -> Any:
    """The boolean that *value*, text or 1 or 0, stands for, or NOTHING."""
    text = value.strip().lower() if isinstance(value, str) else str(value)
    return True if text in TRUE else False if text in FALSE else NOTHING


def as_container(kind: type) -> Callable[[Any], Any]:
    """Reads the *kind*, dict or list, that text holds as JSON."""

    def read(value: Any) -> Any:
        found = decoded(value) if isinstance(value, str) else None
        return found if isinstance(found, kind) else NOTHING

    return read


# By the type of JSON Schema that is asked for.
READERS: Mapping[str, Callable[[Any], Any]] = {
    "integer": as_whole,
    "number": as_number,
    "boolean": as_boolean,
    "array": as_container(list),
    "object": as_container(dict),
}


def as_choice(value: Any, choices: Sequence[Any]) -> Any:
    """The one of *choices* that is no text and that the text *value* stands for, or NOTHING."""
    if not isinstance(value, str):
        return NOTHING
    same = [one for one in choices if not isinstance(one, str) and _reads_as(value, one)]
    return same[0] if len(same) == 1 else NOTHING


def _reads_as(text: str, choice: Any) -> bool:
    """Whether *text* stands for *choice*, a number, a boolean, a list or an object of an enum."""
    if isinstance(choice, bool):
        return as_boolean(text) is choice and text.strip() not in ("0", "1")
    if isinstance(choice, int | float):
        return bool(as_number(text) == choice)
    return isinstance(choice, dict | list) and decoded(text) == choice


def as_object(payload: Any) -> tuple[Any, list[str]]:
    """*payload* with text decoded that holds an object, and nothing taken as no arguments."""
    if payload is None or payload == "":
        return {}, ["payload: nothing taken as no arguments"]
    if isinstance(payload, str):
        found = decoded(payload)
        if isinstance(found, dict):
            return found, ["payload: text decoded as JSON"]
    return payload, []


def decoded(text: str) -> Any:
    """What *text* is as JSON; None where it is none, or is cut off."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def repair_of(place: Place, sent: Any, read: Any) -> list[str]:
    """What was done at *place*, where *read* was taken for *sent*. 5 for 5.0 is no repair: JSON has one number."""
    if isinstance(sent, str) and isinstance(read, dict | list):
        return [f"{dotted(place)}: text decoded as JSON"]
    before, after = json_type(sent), json_type(read)
    return [f"{dotted(place)}: {before} read as {after}"] if before != after else []


def located(faults: Sequence[Fault], payload: Mapping[str, Any]) -> list[Fault]:
    """*faults* at their places in *payload*, without the branches of unions, whose names only the code knows."""
    found = []
    for fault in faults:
        absent = fault["loc"][-1:] if fault["type"] == "missing" else ()
        found.append(Fault(**{**fault, "loc": (*real_place(payload, fault["loc"]), *absent)}))
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
