"""Puts right what a validator of JSON Schema refused and our table of coercions (definition/coercion.py) knows."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from jsonschema import ValidationError

from tools.definition.coercion import NOTHING, READERS, as_choice, dotted, repair_of
from tools.definition.schemas.places import at, is_optional
from tools.definition.schemas.wording import groups

MAX_ROUNDS = 8  # of putting right: a list decoded from text may hold a number sent as text
Places = Collection[tuple[str | int, ...]]


class Lenient:
    """Puts right in *payload*, which it changes, what can be; ``repairs`` says what was done."""

    def __init__(self, payload: dict[str, Any], parameters: Mapping[str, Any]) -> None:
        self.payload = payload
        self.repairs: list[str] = []
        self._parameters = parameters
        self._wrong: Places | None = None

    def mend(self, errors: Iterable[ValidationError], wrong: Places | None = None) -> bool:
        """Whether anything could be done about *errors*, at the *wrong* places alone where they are given."""
        self._wrong = wrong
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
        if not all(_mendable(error, self._parameters) for error in group):
            return False
        return sum(self._mend(error) for error in group) > 0

    def _drop(self, place: list[str | int]) -> bool:
        holder = at(self.payload, place[:-1])
        if place[-1] not in holder or not self._is_wrong(place):
            return False
        del holder[place[-1]]
        self.repairs.append(f"{dotted(place)}: null taken as not given")
        return True

    def _put(self, place: list[str | int], old: Any, new: Any) -> bool:
        holder = at(self.payload, place[:-1])
        if holder[place[-1]] is not old or not self._is_wrong(place):
            return False  # another error of the same value was put right before
        holder[place[-1]] = new
        self.repairs += repair_of(place, old, new)
        return True

    def _is_wrong(self, place: list[str | int]) -> bool:
        return self._wrong is None or tuple(place) in self._wrong


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
    if error.validator in ("enum", "const"):
        return as_choice(value, wanted if error.validator == "enum" else [wanted])
    return NOTHING
