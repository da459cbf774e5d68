"""Validation by the library jsonschema whose work is bounded, whatever schema and payload are.

Patterns are matched by the library ``regex``, which can be stopped; references are counted, as recursion is
the only other thing that costs more than the schema and the payload are long; nothing is ever fetched.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from time import perf_counter
from typing import Any

import regex
from jsonschema import Draft202012Validator, TypeChecker, ValidationError
from jsonschema.validators import extend
from referencing import Registry

from tools.definition.schemas.formats import FORMATS
from tools.definition.schemas.numbers import is_multiple

MAX_REFERENCES = 20_000
MAX_PATTERN_S = 0.05  # of all patterns together
MAX_S = 1.0  # of references that fail again and again; 20,000 that fit take less than half of it
END = re.compile(r"(\\.|\[\^?\]?(?:\\.|[^\]\\])*\])|\$")


@dataclass(slots=True)
class Budget:
    """What one reading may still spend."""

    references: int = MAX_REFERENCES
    pattern_s: float = MAX_PATTERN_S
    until: float = field(default_factory=lambda: perf_counter() + MAX_S)


_budget: ContextVar[Budget] = ContextVar("budget")


class TooMuchWork(Exception):
    """Checking went on for longer than it may. ``args`` says what takes so long."""


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Any:
    """*pattern* as the library compiles it. Raises regex.error."""
    # Elsewhere than in Python, $ does not match before a line break at the end.
    return regex.compile(END.sub(lambda found: found[1] or r"\Z", pattern))


def matches(pattern: str, text: str) -> bool:
    """Whether *pattern* is found in *text*. Raises TooMuchWork where the budget does not last."""
    budget = _budget.get()
    started = perf_counter()
    try:
        return compiled(pattern).search(text, timeout=max(budget.pattern_s, 0.001)) is not None
    except TimeoutError:
        raise TooMuchWork(f"the pattern {pattern[:60]!r}") from None
    finally:
        budget.pattern_s -= perf_counter() - started


def extras(schema: Mapping[str, Any], instance: Mapping[str, Any]) -> list[str]:
    """The properties of *instance* that *schema* does not name."""
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    return [name for name in instance if name not in known and not any(matches(one, name) for one in patterns)]


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "string") and not matches(pattern, instance):
        yield ValidationError(f"does not match the pattern {pattern!r}")


def _pattern_properties(validator: Any, patterns: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "object"):
        return
    for pattern, subschema in patterns.items():
        for name, value in instance.items():
            if matches(pattern, name):
                yield from validator.descend(value, subschema, path=name, schema_path=pattern)


def _additional(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "object"):
        return
    for name in extras(schema, instance):
        if wanted is False:
            yield ValidationError(f"{name!r} is not among its properties", path=[name])
        else:
            yield from validator.descend(instance[name], wanted, path=name)


def _required(validator: Any, names: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "object"):
        for name in names:
            if name not in instance:
                yield ValidationError(f"{name!r} is missing", path=[name])


def _unique(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not wanted or not validator.is_type(instance, "array"):
        return
    if len({json.dumps(_plain(item), sort_keys=True) for item in instance}) < len(instance):
        yield ValidationError("holds an item twice")


def _plain(value: Any) -> Any:
    """*value* with 1.0 as 1: numbers are equal in JSON whatever their form."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _reference(validator: Any, reference: str, instance: Any, schema: Any) -> Any:
    budget = _budget.get()
    budget.references -= 1
    if budget.references < 0 or perf_counter() > budget.until:
        raise TooMuchWork("its recursion")
    return Draft202012Validator.VALIDATORS["$ref"](validator, reference, instance, schema)


def _multiple_of(validator: Any, of: float, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "number") and not is_multiple(instance, of):
        yield ValidationError(f"is not a multiple of {of}")


def _is_number(checker: TypeChecker, value: Any) -> bool:
    """NaN and Infinity are none: JSON has no word for them."""
    return (isinstance(value, float) and math.isfinite(value)) or _is_whole(checker, value)


def _is_whole(checker: TypeChecker, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_extend: Any = extend  # untyped in the library
BoundedValidator: Any = _extend(
    Draft202012Validator,
    {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional,
        "required": _required,
        "uniqueItems": _unique,
        "multipleOf": _multiple_of,
        "$ref": _reference,
    },
    # 5.0 for 5 is made an integer by coercion, so that a function gets what it expects.
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many({"integer": _is_whole, "number": _is_number}),
)


def make_validator(schema: Mapping[str, Any]) -> Any:
    """A validator of *schema*; give it to ``find_errors``."""
    return BoundedValidator(schema, format_checker=FORMATS, registry=Registry())


def find_errors(validator: Any, instance: Any) -> list[ValidationError]:
    """All that is wrong with *instance*. Raises TooMuchWork."""
    token = _budget.set(Budget())
    try:
        return list(validator.iter_errors(instance))
    except RecursionError:
        raise TooMuchWork("its depth") from None
    finally:
        _budget.reset(token)
