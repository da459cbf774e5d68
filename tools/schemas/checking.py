"""Validation by the library jsonschema whose work is bounded, whatever schema and payload are.

Patterns are matched by the library ``regex``, which can be stopped; references are counted, as recursion is
the only other thing that costs more than the schema and the payload are long; nothing is ever fetched.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import regex
from jsonschema import Draft202012Validator, TypeChecker, ValidationError
from jsonschema.validators import extend
from referencing import Registry

from tools.schemas.formats import FORMATS

MAX_REFERENCES = 20_000
PATTERN_TIMEOUT_S = 0.05
END = re.compile(r"(\\.|\[\^?\]?(?:\\.|[^\]\\])*\])|\$")
_left: ContextVar[list[int]] = ContextVar("references_left")


class TooMuchWork(Exception):
    """Checking went on for longer than it may. ``args`` says what takes so long."""


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Any:
    """*pattern* as the library compiles it. Raises regex.error."""
    # Elsewhere than in Python, $ does not match before a line break at the end.
    return regex.compile(END.sub(lambda found: found[1] or r"\Z", pattern))


def matches(pattern: str, text: str) -> bool:
    """Whether *pattern* is found in *text*. Raises TooMuchWork after 50 ms."""
    try:
        return compiled(pattern).search(text, timeout=PATTERN_TIMEOUT_S) is not None
    except TimeoutError:
        raise TooMuchWork(f"the pattern {pattern[:60]!r}") from None


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
    left = _left.get()
    left[0] -= 1
    if left[0] < 0:
        raise TooMuchWork("its recursion")
    return Draft202012Validator.VALIDATORS["$ref"](validator, reference, instance, schema)


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
        "$ref": _reference,
    },
    # 5.0 for 5 is made an integer by coercion, so that a function gets what it expects.
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_whole),
)


def make_validator(schema: Mapping[str, Any]) -> Any:
    """A validator of *schema*; give it to ``find_errors``."""
    return BoundedValidator(schema, format_checker=FORMATS, registry=Registry())


def find_errors(validator: Any, instance: Any) -> list[ValidationError]:
    """All that is wrong with *instance*. Raises TooMuchWork."""
    token = _left.set([MAX_REFERENCES])
    try:
        return list(validator.iter_errors(instance))
    except RecursionError:
        raise TooMuchWork("its depth") from None
    finally:
        _left.reset(token)
