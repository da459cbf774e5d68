"""The schema of a function's signature: a pydantic model reads the payload."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import regex
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError
from pydantic_core import SchemaValidator

from tools.definition.coercion import located
from tools.definition.schemas.base import ToolSchema
from tools.definition.schemas.checking import TooMuchWork, find_errors, make_validator
from tools.definition.schemas.generation import SERIALIZATION, PlainJsonSchema, tidy, untitled
from tools.definition.schemas.lenient import MAX_ROUNDS, Lenient
from tools.definition.schemas.places import real_place
from tools.definition.schemas.strict import strict_validator

UNKNOWN: Any = object()


@dataclass(frozen=True)
class ModelSchema(ToolSchema):
    """What *model* takes. ``returns`` is the type of the result, where the function says one."""

    model: type[BaseModel]
    injected: Mapping[str, type]
    description: str
    returns: Any = UNKNOWN

    def read(self, payload: Any) -> tuple[dict[str, Any], list[str]]:
        repairs: list[str] = []
        if not isinstance(payload, Mapping):
            payload, repairs = self._object(payload)
        try:
            return self._arguments(payload), repairs
        except ValidationError as error:
            return self._leniently(payload, repairs, error)

    def _arguments(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        # The model's own fields are what was asked for, defaults included.
        return dict(self._reader.validate_python(dict(payload)).__dict__)

    def _leniently(
        self, payload: Mapping[str, Any], repairs: list[str], error: ValidationError
    ) -> tuple[dict[str, Any], list[str]]:
        """The arguments with those *error* taken back that the table of coercions knows."""
        lenient = Lenient(dict(payload), self._parameters)
        for _ in range(MAX_ROUNDS):
            faults = error.errors(include_url=False)
            if not self._mend(lenient, {tuple(real_place(lenient.payload, fault["loc"])) for fault in faults}):
                break
            try:
                return self._arguments(lenient.payload), repairs + lenient.repairs
            except ValidationError as left:
                error = left
        raise self._explained(located(error.errors(include_url=False), lenient.payload)) from None

    def _mend(self, lenient: Lenient, wrong: set[tuple[str | int, ...]]) -> bool:
        """Whether anything at the *wrong* places was put right, by the schema that models see."""
        names = [name for name in lenient.payload if any(place[:1] == (name,) for place in wrong)]
        lenient.payload |= {name: deepcopy(lenient.payload[name]) for name in names}
        try:
            return sum(lenient.mend(self._errors(name, lenient.payload), wrong) for name in names) > 0
        except (TooMuchWork, regex.error):  # an odd pattern is pydantic's alone
            return False

    def _errors(self, name: str, payload: Mapping[str, Any]) -> list[Any]:
        """What the schema has against the argument *name* alone: a whole schema takes twenty times as long."""
        validator = self._validators.get(name)
        if validator is None:
            one = {name: self._parameters["properties"].get(name, {})}
            validator = make_validator({"properties": one, "$defs": self._parameters.get("$defs", {})})
            self._validators[name] = validator
        return find_errors(validator, {name: payload[name]})

    def same_arguments(self, *, injected: Mapping[str, type], description: str) -> "ModelSchema":
        return replace(self, injected=injected, description=description, returns=UNKNOWN)

    @cached_property
    def _reader(self) -> SchemaValidator:
        return strict_validator(self.model)

    @cached_property
    def _validators(self) -> dict[str, Any]:
        return {}

    @cached_property
    def _parameters(self) -> dict[str, Any]:
        return tidy(self.model.model_json_schema(schema_generator=PlainJsonSchema))

    @cached_property
    def _output(self) -> dict[str, Any] | None:
        if self.returns is UNKNOWN:
            return None
        try:
            schema = TypeAdapter(self.returns).json_schema(mode=SERIALIZATION, schema_generator=PlainJsonSchema)
        except PydanticUserError:  # a type that pydantic does not know may still become JSON
            return None
        return untitled(schema) or None
