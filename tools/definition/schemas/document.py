"""The schema of a tool that is given by JSON Schema: the library jsonschema reads the payload."""

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import regex
from jsonschema import Draft7Validator, Draft202012Validator

from tools.definition.schemas.base import ToolSchema
from tools.definition.schemas.canonical import Canonical, is_draft_7
from tools.definition.schemas.checking import TooMuchWork, compiled, find_errors, make_validator
from tools.definition.schemas.keywords import descendants
from tools.definition.schemas.lenient import MAX_ROUNDS, Lenient
from tools.definition.schemas.wording import faults_of
from tools.errors import InvalidArguments

MAX_DEPTH = 64
DRAFTS = re.compile(r"https?://json-schema\.org/(?:draft/2020-12|draft-07)/schema#?")


@dataclass(frozen=True)
class DocumentSchema(ToolSchema):
    """What the JSON Schema *document* takes, which ``read_document`` made canonical."""

    document: Mapping[str, Any]
    injected: Mapping[str, type]
    description: str
    result: Mapping[str, Any] | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def read(self, payload: Any) -> tuple[dict[str, Any], list[str]]:
        repairs: list[str] = []
        if not isinstance(payload, Mapping):
            payload, repairs = self._object(payload)
        try:
            errors = find_errors(self._validator, payload)
            if errors:
                fixed, errors, made = self._lenient(payload, errors)
                repairs = [*repairs, *made]
                payload = fixed
        except TooMuchWork as error:
            raise InvalidArguments(
                f"The arguments take too long to check because of {error}.", hint="send shorter or flatter ones"
            ) from None
        if errors:
            raise self._explained(faults_of(errors))
        return {**deepcopy(dict(self.defaults)), **payload}, repairs

    def _lenient(
        self, payload: Mapping[str, Any], errors: list[Any]
    ) -> tuple[dict[str, Any], list[Any], list[str]]:
        """*payload* with what could be put right, the errors that are left, and what was done."""
        lenient = Lenient(deepcopy(dict(payload)), self.document)
        for _ in range(MAX_ROUNDS):
            if not errors or not lenient.mend(errors):
                break
            errors = find_errors(self._validator, lenient.payload)
        return lenient.payload, errors, lenient.repairs

    def same_arguments(self, *, injected: Mapping[str, type], description: str) -> "DocumentSchema":
        return replace(self, injected=injected, description=description, result=None)

    @cached_property
    def _validator(self) -> Any:
        return make_validator(self.document)

    @property
    def _parameters(self) -> dict[str, Any]:
        return dict(self.document)

    @property
    def _output(self) -> dict[str, Any] | None:
        return None if self.result is None else dict(self.result)


def read_document(schema: Any, what: str) -> tuple[dict[str, Any], list[str]]:
    """*schema* in its one form, and what is wrong with it, *what* saying whose schema it is."""
    if not isinstance(schema, Mapping):
        return {}, [f"{what} must be a JSON Schema as a dict, not {type(schema).__name__}"]
    if faults := _invalid(schema):
        return {}, [f"{what}: {fault}" for fault in faults]
    try:
        made = Canonical(schema)
    except RecursionError:
        return {}, [f"{what}: its references lead through too many others"]
    faults = [*made.faults, *([] if made.faults else _unusable(made.schema))]
    return made.schema, [f"{what}: {fault}" for fault in faults]


def _invalid(schema: Mapping[str, Any]) -> list[str]:
    """Where *schema* breaks the rules of its draft."""
    dialect = str(schema.get("$schema", ""))
    if dialect and not DRAFTS.fullmatch(dialect):
        return [f"$schema {dialect!r} is not supported: use draft 2020-12 or 7"]
    if _depth(schema) > MAX_DEPTH:
        return [f"it is nested more than {MAX_DEPTH} levels deep"]
    try:
        old = is_draft_7(schema)
    except (AttributeError, TypeError):
        old = False  # malformed somewhere: the check below says where
    rules: Any = Draft7Validator if old else Draft202012Validator
    errors = list(rules(rules.META_SCHEMA).iter_errors(schema))
    return [
        f"{'.'.join(map(str, error.absolute_path)) or 'the root'}: {error.message[:200]}" for error in errors[:10]
    ]


def _unusable(schema: dict[str, Any]) -> list[str]:
    """Patterns that do not compile, or that could not be stopped."""
    faults = []
    for path, node in descendants(schema):
        if not isinstance(node, Mapping):
            continue
        where = ".".join(path) or "the root"
        for pattern in (*([node["pattern"]] if "pattern" in node else []), *node.get("patternProperties", {})):
            try:
                compiled(pattern)
            except regex.error as error:
                faults.append(f"{where}: the pattern {pattern!r} is not valid: {error}")
        if "unevaluatedProperties" in node and any(
            "patternProperties" in inner for _, inner in descendants(node) if isinstance(inner, Mapping)
        ):
            faults.append(f"{where}: unevaluatedProperties beside patternProperties is not supported: name each")
    return faults


def _depth(value: Any, depth: int = 0) -> int:
    if depth > MAX_DEPTH:
        return depth
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return max((_depth(one, depth + 1) for one in inner), default=depth)
