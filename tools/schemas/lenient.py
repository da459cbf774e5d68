"""What models send that means the same as what a JSON Schema asks for: ``"5"`` for 5, JSON text for a list.

The same rules as pydantic's for signatures. Nothing is guessed: only where the value that was sent is refused,
and only what stands for exactly one value of the type that is asked for.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jsonschema import ValidationError

from tools.coercion import decoded_container, dotted
from tools.schemas.places import at, is_optional
from tools.schemas.wording import groups

WHOLE = re.compile(r"[+-]?\d{1,400}(?:\.0*)?")
NUMBER = re.compile(r"[+-]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,4})?")
TRUE, FALSE = frozenset({"true", "t", "yes", "y", "on", "1"}), frozenset({"false", "f", "no", "n", "off", "0"})
NOTHING: Any = object()


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    text = value.strip() if isinstance(value, str) else ""
    return int(text.split(".")[0]) if WHOLE.fullmatch(text) else NOTHING


def _number(value: Any) -> Any:
    text = value.strip() if isinstance(value, str) else ""
    if not NUMBER.fullmatch(text):
        return NOTHING
    number = float(text)
    return number if math.isfinite(number) else NOTHING


def _boolean(value: Any) -> Any:
    text = value.strip().lower() if isinstance(value, str) else str(value)
    return True if text in TRUE else False if text in FALSE else NOTHING


def _container(kind: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        found = decoded_container(value) if isinstance(value, str) else None
        return found if isinstance(found, kind) else NOTHING

    return read


READERS: Mapping[str, Callable[[Any], Any]] = {
    "integer": _whole,
    "number": _number,
    "boolean": _boolean,
    "array": _container(list),
    "object": _container(dict),
}


class Lenient:
    """Puts right in *payload*, which it changes, what can be; ``repairs`` says what was done."""

    def __init__(self, payload: dict[str, Any], parameters: Mapping[str, Any]) -> None:
        self.payload = payload
        self.repairs: list[str] = []
        self._parameters = parameters

    def mend(self, errors: Iterable[ValidationError]) -> bool:
        """Whether anything could be done about *errors*."""
        return sum(self._mend(error) for error in errors) > 0  # all of them, not only the first

    def _mend(self, error: ValidationError) -> bool:
        place = list(error.absolute_path)
        if error.validator == "required" or not place:
            return False
        if error.instance is None and isinstance(place[-1], str) and is_optional(self._parameters, place):
            return self._drop(place)
        better = _better(error)
        if better is not NOTHING:
            return self._put(place, error.instance, better)
        # The first branch of a union of which everything can be put right.
        return any(self._mend_all(group) for group in groups(error))

    def _mend_all(self, group: list[ValidationError]) -> bool:
        return all(_mendable(error, self._parameters) for error in group) and self.mend(group)

    def _drop(self, place: list[str | int]) -> bool:
        holder = at(self.payload, place[:-1])
        if place[-1] not in holder:
            return False
        del holder[place[-1]]
        self.repairs.append(f"{dotted(place)}: null taken as not given")
        return True

    def _put(self, place: list[str | int], old: Any, new: Any) -> bool:
        holder = at(self.payload, place[:-1])
        if holder[place[-1]] is not old:
            return False  # another error of the same value was put right before
        holder[place[-1]] = new
        if isinstance(new, dict | list):
            self.repairs.append(f"{dotted(place)}: text decoded as JSON")
        return True


def _mendable(error: ValidationError, parameters: Mapping[str, Any]) -> bool:
    place = list(error.absolute_path)
    if _better(error) is not NOTHING:
        return True
    if error.instance is None and place and isinstance(place[-1], str) and error.validator != "required":
        return is_optional(parameters, place)
    return any(all(_mendable(inner, parameters) for inner in group) for group in groups(error))


def _better(error: ValidationError) -> Any:
    """What the refused value stands for, or NOTHING."""
    value: Any = error.instance
    wanted: Any = error.validator_value
    if error.validator == "type":
        kinds = [wanted] if isinstance(wanted, str) else wanted
        return next(
            (new for kind in kinds if kind in READERS and (new := READERS[kind](value)) is not NOTHING), NOTHING
        )
    if error.validator in ("enum", "const") and isinstance(value, str):
        choices = wanted if error.validator == "enum" else [wanted]
        same = [one for one in choices if not isinstance(one, str) and _reads_as(value, one)]
        return same[0] if len(same) == 1 else NOTHING
    return NOTHING


def _reads_as(text: str, choice: Any) -> bool:
    """Whether *text* stands for *choice*, a number, a boolean, a list or an object of an enum."""
    if isinstance(choice, bool):
        return _boolean(text) is choice and text.strip() not in ("0", "1")
    if isinstance(choice, int | float):
        return bool(_number(text) == choice)
    return choice is not None and decoded_container(text) == choice
