"""From a function's signature to the schema that a model sees, and from a payload to arguments."""

import inspect
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import docstring_parser
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import to_jsonable_python

from tools.coercion import as_object, changes, json_type, repaired
from tools.errors import InvalidArguments
from tools.mistakes import explain, listed

T = TypeVar("T")


class _InjectedMark:
    """Marks a parameter that the executor fills and the model never sees."""


_INJECTED = _InjectedMark()
Injected = Annotated[T, _INJECTED]


@dataclass(frozen=True)
class ToolSchema:
    """What a tool takes. ``injected`` maps a hidden parameter to the type that the executor resolves."""

    model: type[BaseModel]
    injected: Mapping[str, type]
    description: str

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON Schema (2020-12) of the arguments, as a model's tool definition wants it; a copy."""
        return deepcopy(self._parameters)

    @cached_property
    def _parameters(self) -> dict[str, Any]:
        return self.model.model_json_schema()

    @cached_property
    def _optional(self) -> frozenset[str]:
        return frozenset(name for name, item in self.model.model_fields.items() if not item.is_required())

    def validate(self, payload: Any) -> dict[str, Any]:
        """The arguments by name, coerced. Raises InvalidArguments: all that is wrong, and what to do."""
        return self.read(payload)[0]

    def read(self, payload: Any) -> tuple[dict[str, Any], list[str]]:
        """The arguments by name, coerced, and what coercion changed, one sentence each.

        Raises InvalidArguments: all that is wrong, and what to do.
        """
        repairs: list[str] = []
        if not isinstance(payload, Mapping):
            payload, repairs = as_object(payload)
        if not isinstance(payload, Mapping):
            raise InvalidArguments(
                f"The payload must be an object of arguments, not {json_type(payload)}.",
                hint=f"it takes {listed(list(self.model.model_fields))}",
            )
        try:
            return self._read(payload, repairs)
        except ValidationError as error:
            payload, made = repaired(payload, error.errors(include_url=False), self._optional)
            if not made:
                raise self._explained(error) from None
        try:
            return self._read(payload, repairs + made)
        except ValidationError as error:
            raise self._explained(error) from None

    def _read(self, payload: Mapping[str, Any], repairs: list[str]) -> tuple[dict[str, Any], list[str]]:
        # The model's own fields are what was asked for, defaults included.
        arguments = dict(self.model.model_validate(dict(payload)).__dict__)
        return arguments, repairs + changes(payload, arguments)

    def _explained(self, error: ValidationError) -> InvalidArguments:
        return explain(error.errors(include_url=False), self._parameters)


def infer_schema(function: Callable[..., Any]) -> ToolSchema:
    """The schema of *function*: every type that pydantic knows, descriptions from its docstring.

    Raises TypeError that names each parameter without an annotation, and a missing description.
    """
    documented = docstring_parser.parse(inspect.getdoc(function) or "")
    described = {param.arg_name: param.description or "" for param in documented.params}
    hints = get_type_hints(function, include_extras=True)
    injected: dict[str, type] = {}
    fields: dict[str, Any] = {}
    faults: list[str] = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            faults.append(f"parameter {name!r} is variable: name each argument")
        elif name not in hints:
            faults.append(f"parameter {name!r} has no annotation")
        elif is_injected(hints[name]):
            injected[name] = get_args(hints[name])[0]
        else:
            fields[name] = _field(hints[name], parameter.default, described.get(name, ""))
    description = (documented.description or "").strip()
    if not description:
        faults.append("its docstring is missing, and a model chooses tools by that text")
    if faults:
        raise TypeError(f"{getattr(function, '__name__', function)} cannot be a tool: {'; '.join(faults)}.")
    # Field names that pydantic reserves (`copy`, `json`) are fine here: the model is only a validator.
    config = ConfigDict(extra="forbid", protected_namespaces=())
    model = create_model(_camel(getattr(function, "__name__", "tool")), __config__=config, **fields)
    return ToolSchema(model=model, injected=injected, description=description)


def is_injected(hint: Any) -> bool:
    return get_origin(hint) is Annotated and any(mark is _INJECTED for mark in get_args(hint)[1:])


def jsonable(value: Any) -> Any:
    """*value* as JSON types: pydantic models, dataclasses, decimals (as strings), dates, UUIDs."""
    return to_jsonable_python(value)


def _field(hint: Any, default: Any, description: str) -> tuple[Any, Any]:
    if description:
        hint = Annotated[hint, Field(description=description)]
    return (hint, ... if default is inspect.Parameter.empty else default)


def _camel(name: str) -> str:
    return "".join(part.title() for part in name.split("_")) + "Arguments"
