"""What jsonschema found wrong, in the words that are used for every other schema."""

from collections.abc import Iterable, Iterator
from typing import Any

from jsonschema import ValidationError

from tools.definition.coercion import Fault

TYPES = {
    "string": ("string_type", "input should be a valid string"),
    "integer": ("int_type", "input should be a valid integer"),
    "number": ("float_type", "input should be a valid number"),
    "boolean": ("bool_type", "input should be a valid boolean"),
    "array": ("list_type", "input should be a valid list"),
    "object": ("dict_type", "input should be an object"),
    "null": ("none_required", "input should be null"),
}
LIMITS = {
    "minimum": "input should be greater than or equal to {}",
    "maximum": "input should be less than or equal to {}",
    "exclusiveMinimum": "input should be greater than {}",
    "exclusiveMaximum": "input should be less than {}",
    "multipleOf": "input should be a multiple of {}",
    "minLength": "input should have at least {} characters",
    "maxLength": "input should have at most {} characters",
    "minItems": "input should have at least {} items",
    "maxItems": "input should have at most {} items",
    "minProperties": "input should have at least {} properties",
    "maxProperties": "input should have at most {} properties",
    "pattern": "input should match the pattern '{}'",
    "format": "input should be in the format {!r}",
    "not": "input should not fit {}",
}


def faults_of(errors: Iterable[ValidationError]) -> list[Fault]:
    """*errors* with those of unions laid out, as the branch that came nearest has them."""
    return [fault for error in errors for fault in _faults(error)]


def groups(error: ValidationError) -> list[list[ValidationError]]:
    """The errors of each branch of a union, the branch that came nearest first."""
    found: dict[Any, list[ValidationError]] = {}
    for inner in error.context or ():
        found.setdefault(inner.relative_schema_path[0], []).append(inner)
    return sorted(found.values(), key=_distance)


def _distance(group: list[ValidationError]) -> tuple[bool, int, int]:
    """How far a branch is from fitting: one of another type is farthest, one that failed deep inside nearest."""
    wrong_type = any(error.validator in ("type", "not") and not error.relative_path for error in group)
    return wrong_type, -max(len(error.relative_path) for error in group), len(group)


def _faults(error: ValidationError) -> Iterator[Fault]:
    branches = groups(error)
    if branches and not _distance(branches[0])[0]:
        for inner in branches[0]:
            yield from _faults(inner)
    else:
        yield _fault(error, branches)


def _fault(error: ValidationError, branches: list[list[ValidationError]]) -> Fault:
    place = tuple(error.absolute_path)
    wanted: Any = error.validator_value
    instance: Any = error.instance
    if error.validator == "required":
        return {"type": "missing", "loc": place, "msg": "field required", "input": instance}
    if error.validator == "additionalProperties" and wanted is False:
        return {"type": "extra_forbidden", "loc": place, "msg": "unknown", "input": instance[place[-1]]}
    if branches:
        kinds = [inner.validator_value for group in branches for inner in group if inner.validator == "type"]
        wanted = [one for kind in kinds for one in (kind if isinstance(kind, list) else [kind])]
    if error.validator == "type" or (branches and wanted):
        return _of_type([wanted] if isinstance(wanted, str) else wanted, place, instance)
    if error.validator in ("enum", "const"):
        return _of_choice(wanted if error.validator == "enum" else [wanted], place, instance)
    if error.validator == "not" and wanted == {}:
        return {"type": "not", "loc": place, "msg": "nothing is allowed here", "input": instance}
    words = LIMITS.get(str(error.validator))
    message = words.format(wanted) if words and not isinstance(wanted, dict) else _plain(error)
    return {"type": str(error.validator), "loc": place, "msg": message, "input": instance}


def _of_type(wanted: list[str], place: tuple[str | int, ...], instance: Any) -> Fault:
    known = [TYPES[kind] for kind in dict.fromkeys(wanted)]
    message = " or ".join([known[0][1], *(words.removeprefix("input should be ") for _, words in known[1:])])
    return {"type": known[0][0], "loc": place, "msg": message, "input": instance}


def _of_choice(choices: list[Any], place: tuple[str | int, ...], instance: Any) -> Fault:
    expected = " or ".join(repr(choice) for choice in choices[:50])
    return {
        "type": "enum",
        "loc": place,
        "msg": f"input should be {expected}",
        "input": instance,
        "ctx": {"expected": expected},
    }


def _plain(error: ValidationError) -> str:
    """jsonschema's own message, which begins with the whole value, without it."""
    message = error.message
    value = repr(error.instance)
    return f"input {message.removeprefix(value).strip()[:200]}"
