"""The schema of a function's signature: a pydantic model reads the payload."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError

from tools.coercion import changes, located, repaired
from tools.schemas.base import ToolSchema
from tools.schemas.generation import SERIALIZATION, PlainJsonSchema, tidy, untitled

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
            return self._read(payload, repairs)
        except ValidationError as error:
            faults = error.errors(include_url=False)
            payload, made = repaired(payload, faults, self._parameters)
            if not made:
                raise self._explained(located(faults, payload)) from None
        try:
            return self._read(payload, repairs + made)
        except ValidationError as error:
            raise self._explained(located(error.errors(include_url=False), payload)) from None

    def _read(self, payload: Mapping[str, Any], repairs: list[str]) -> tuple[dict[str, Any], list[str]]:
        # The model's own fields are what was asked for, defaults included.
        arguments = dict(self.model.model_validate(dict(payload)).__dict__)
        return arguments, repairs + changes(payload, arguments)

    def same_arguments(self, *, injected: Mapping[str, type], description: str) -> "ModelSchema":
        return replace(self, injected=injected, description=description, returns=UNKNOWN)

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
