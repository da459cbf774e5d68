"""From a function's signature to the schema that a model sees, and from a payload to arguments."""

import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import docstring_parser
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from rapidfuzz import process

from tools.errors import InvalidArguments

T = TypeVar("T")


class _InjectedMark:
    """Marks a parameter that the executor fills and the model never sees."""


_INJECTED = _InjectedMark()
Injected = Annotated[T, _INJECTED]


@dataclass(frozen=True, slots=True)
class ToolSchema:
    """What a tool takes. ``injected`` maps a hidden parameter to the type that the executor resolves."""

    model: type[BaseModel]
    injected: Mapping[str, type]
    description: str

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON Schema (2020-12) of the arguments, as a model's tool definition wants it."""
        return self.model.model_json_schema()

    def validate(self, payload: Any) -> dict[str, Any]:
        """The arguments by name, coerced. Raises InvalidArguments with one sentence and a hint."""
        if not isinstance(payload, Mapping):
            raise InvalidArguments(
                f"The payload must be an object of arguments, not {_json_type(payload)}.",
                hint=f"send {{{', '.join(repr(name) for name in self.model.model_fields)}}}",
            )
        try:
            filled = self.model.model_validate(dict(payload))
        except ValidationError as error:
            raise self._explain(error) from None
        return {name: getattr(filled, name) for name in self.model.model_fields}

    def read(self, payload: Any) -> tuple[dict[str, Any], list[str]]:
        """The arguments by name, coerced, and what coercion changed, one sentence each."""
        return self.validate(payload), []

    def _explain(self, error: ValidationError) -> InvalidArguments:
        known = list(self.model.model_fields)
        sentences: list[str] = []
        for problem in error.errors(include_url=False, include_context=False):
            path = ".".join(str(part) for part in problem["loc"])
            if problem["type"] == "extra_forbidden":
                close = process.extractOne(path, known, score_cutoff=60)
                say = f": did you mean {close[0]!r}?" if close else f": it takes {_listed(known)}."
                sentences.append(f"unknown argument {path!r}{say}")
            elif problem["type"] == "missing":
                sentences.append(f"argument {path!r} is missing.")
            else:
                message = problem["msg"][0].lower() + problem["msg"][1:]
                sentences.append(f"argument {path!r}: {message}, not {_short(problem['input'])}.")
        hint = next((text for text in sentences if "did you mean" in text), "") or f"it takes {_listed(known)}"
        return InvalidArguments(" ".join(sentences)[:1000], hint=hint)


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
    from pydantic_core import to_jsonable_python

    return to_jsonable_python(value)


def _field(hint: Any, default: Any, description: str) -> tuple[Any, Any]:
    if description:
        hint = Annotated[hint, Field(description=description)]
    return (hint, ... if default is inspect.Parameter.empty else default)


def _camel(name: str) -> str:
    return "".join(part.title() for part in name.split("_")) + "Arguments"


def _listed(names: list[str]) -> str:
    return ", ".join(repr(name) for name in names) or "no arguments"


def _short(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"


def _json_type(value: Any) -> str:
    names = {str: "a string", int: "a number", float: "a number", bool: "a boolean", list: "a list"}
    return "null" if value is None else names.get(type(value), type(value).__name__)
