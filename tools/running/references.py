"""``{"$ref": "find.items.0.id"}`` in a payload: a place in the result of another step. Pure.

The text before the first dot is the step's id; what follows leads into its result: keys of objects, indexes of
lists. A dot or backslash that belongs to an id or a key is written ``\\.`` or ``\\\\``.

An object is a reference where ``$ref`` is its only key. A literal ``{"$ref": …}`` is written ``{"$$ref": …}``,
that one literally with one more ``$``, and so on.
"""

import re
from collections import deque
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tools.definition.coercion import as_object
from tools.definition.mistakes import listed
from tools.errors import InvalidArguments

KEY = "$ref"
ESCAPED_KEY = re.compile(r"\$\$+ref")
_PART = re.compile(r"(?:[^.\\]|\\.)+", re.DOTALL)
_PARTS = re.compile(rf"{_PART.pattern}(?:\.{_PART.pattern})*", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
MAX_KEYS_SHOWN = 10
MAX_INDEX_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Reference:
    """A step's id, and the way into its result."""

    text: str
    step: str
    path: tuple[str, ...]

    @classmethod
    def parse(cls, text: Any) -> "Reference":
        """Raises ValueError that says what a reference looks like."""
        if not isinstance(text, str) or not _PARTS.fullmatch(text):
            raise ValueError(
                f"{text!r} is no reference: write the id of a step and a path, as in 'find.items.0.id'"
            )
        step, *path = (_ESCAPE.sub(r"\1", part) for part in _PART.findall(text))
        return cls(text, step, tuple(path))


@dataclass(frozen=True)
class Template:
    """A payload in which references and escaped keys may stand."""

    payload: Any

    @classmethod
    def of(cls, payload: Any) -> "Template":
        """Also of a payload that a model sent as JSON text."""
        if isinstance(payload, str) and "$ref" in payload:
            payload = as_object(payload)[0]
        return cls(payload)

    @cached_property
    def references(self) -> list[Any]:
        """What stands after each ``$ref``, text or not."""
        return self._found[0]

    @property
    def is_literal(self) -> bool:
        """Whether the payload may be taken as it is."""
        return self._found == ([], False)

    @cached_property
    def _found(self) -> tuple[list[Any], bool]:
        waiting, seen = deque([self.payload]), set[int]()
        references: list[Any] = []
        escaped = False
        while waiting:
            value = waiting.popleft()
            if id(value) in seen:
                continue  # an object may hold itself
            if isinstance(value, Mapping):
                seen.add(id(value))
                key = _only_key(value)
                if key == KEY:
                    references.append(value[KEY])
                    continue
                escaped = escaped or bool(ESCAPED_KEY.fullmatch(key))
                waiting.extend(value.values())
            elif isinstance(value, list | tuple):
                seen.add(id(value))
                waiting.extend(value)
        return references, escaped

    def filled(self, results: Mapping[str, Any]) -> Any:
        """The payload with each reference replaced by a copy of what it leads to in *results*, by step id.

        Raises InvalidArguments that names every reference that leads nowhere, and what there is instead.
        """
        if self.is_literal:
            return self.payload
        missing: list[str] = []
        filled = _filled(self.payload, results, missing)
        if missing:
            raise InvalidArguments(" ".join(missing), code="missing_reference", hint=missing[0])
        return filled


def look_up(reference: Reference, results: Mapping[str, Any]) -> Any:
    """What *reference* leads to. Raises LookupError that says where the way ends."""
    value, passed = results[reference.step], [reference.step]
    for part in reference.path:
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif isinstance(value, list) and _is_index(part) and int(part) < len(value):
            value = value[int(part)]
        else:
            raise LookupError(f"{reference.text!r} leads nowhere: {'.'.join(passed)!r} is {_described(value)}.")
        passed.append(part)
    return value


def _filled(value: Any, results: Mapping[str, Any], missing: list[str]) -> Any:
    if isinstance(value, list | tuple):
        return [_filled(item, results, missing) for item in value]
    if not isinstance(value, Mapping):
        return value
    key = _only_key(value)
    if key == KEY:
        try:
            # A copy: two calls that are given the same result must not see what the other's tool does to it.
            return deepcopy(look_up(Reference.parse(value[KEY]), results))
        except LookupError as error:
            missing.append(str(error.args[0]))
            return None
    if ESCAPED_KEY.fullmatch(key):
        return {key[1:]: _filled(value[key], results, missing)}
    return {name: _filled(item, results, missing) for name, item in value.items()}


def _only_key(value: Any) -> str:
    """The key of a mapping that has one, and that of text; else nothing."""
    if isinstance(value, Mapping) and len(value) == 1:
        key = next(iter(value))
        return key if isinstance(key, str) else ""
    return ""


def _is_index(part: str) -> bool:
    return part.isascii() and part.isdecimal() and len(part) <= MAX_INDEX_DIGITS


def _described(value: Any) -> str:
    if isinstance(value, Mapping):
        more = f" and {len(value) - MAX_KEYS_SHOWN} more" if len(value) > MAX_KEYS_SHOWN else ""
        return f"an object with {listed(list(value)[:MAX_KEYS_SHOWN])}{more}" if value else "an empty object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return {str: "a text", bool: "true or false", type(None): "null"}.get(type(value), "a number")
