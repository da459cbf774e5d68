"""From a function's signature to a schema, or to one error with everything that is wrong with it."""

import inspect
import warnings
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import NoneType
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, PydanticUserError, TypeAdapter, ValidationError, create_model
from pydantic.fields import FieldInfo
from pydantic_core import SchemaError, to_jsonable_python

from tools.definition.schemas.docstrings import document_function
from tools.definition.schemas.faults import NotATool
from tools.definition.schemas.generation import PlainJsonSchema
from tools.definition.schemas.model import UNKNOWN, ModelSchema

T = TypeVar("T")


class _InjectedMark:
    """Marks a parameter that the executor fills and the model never sees."""


_INJECTED = _InjectedMark()
Injected = Annotated[T, _INJECTED]
# Field names that pydantic reserves (`copy`, `json`) are fine here: the model is only a validator.
CONFIG = ConfigDict(extra="forbid", protected_namespaces=())
CANNOT_BE_NAMED = {
    inspect.Parameter.VAR_POSITIONAL: "is variable: name each argument",
    inspect.Parameter.VAR_KEYWORD: "is variable: name each argument",
    inspect.Parameter.POSITIONAL_ONLY: "is positional-only, and models name arguments: take the '/' out",
}


@dataclass
class _Signature:
    """What was found in a signature so far."""

    fields: dict[str, Any] = field(default_factory=dict)
    injected: dict[str, type] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def infer_schema(function: Callable[..., Any], description: str = "") -> ModelSchema:
    """The schema of *function*: every type that pydantic knows, descriptions from its docstring.

    A *description* stands for what the docstring says of the whole.
    Raises NotATool (a TypeError and a ValueError) that names everything that is wrong at once.
    """
    documented = document_function(function)
    found = _Signature()
    for name, parameter in inspect.signature(function).parameters.items():
        _take(found, function, parameter, documented.attributes.get(name, ""))
    returns = _returns(function, found.faults)
    if not (description := description.strip() or documented.description):
        found.faults.append("its docstring is missing, and a model chooses tools by that text")
    schema = None if found.faults else _schema(function, found, description, returns)
    if schema is None:
        raise NotATool(name_of(function), found.faults)
    return schema


def name_of(function: Any) -> str:
    """The name that *function* has as a tool."""
    return getattr(function, "__name__", "") or type(function).__name__


def is_injected(hint: Any) -> bool:
    return get_origin(hint) is Annotated and any(mark is _INJECTED for mark in get_args(hint)[1:])


def _take(found: _Signature, function: Any, parameter: inspect.Parameter, description: str) -> None:
    """Put *parameter* where it belongs in *found*."""
    name = parameter.name
    if parameter.kind in CANNOT_BE_NAMED:
        found.faults.append(f"parameter {name!r} {CANNOT_BE_NAMED[parameter.kind]}")
    elif parameter.annotation is parameter.empty:
        found.faults.append(f"parameter {name!r} has no annotation")
    elif (hint := resolved_hint(function, parameter.annotation)) is UNKNOWN:
        found.faults.append(
            f"parameter {name!r} has the annotation {parameter.annotation!r}, which names nothing known where the "
            "function is defined: import it there, or define it at the module's top level"
        )
    elif is_injected(hint):
        found.injected[name] = get_args(hint)[0]
    elif name.startswith("_"):
        found.faults.append(f"parameter {name!r} starts with '_': rename it, as a model sees it")
    else:
        if description and not _has_description(hint, parameter.default):
            hint = Annotated[hint, Field(description=description)]
        hint = _with_its_none(name_of(function), name, hint, parameter.default)
        found.faults += _faults_of(name, hint, parameter.default)
        found.fields[name] = (hint, ... if parameter.default is parameter.empty else parameter.default)


def _with_its_none(tool: str, name: str, hint: Any, default: Any) -> Any:
    """*hint*, which may be None too where that is its default: so many people write ``due_date: str = None``."""
    if default is not None or _takes_none(hint):
        return hint
    warnings.warn(
        f"{tool}: parameter {name!r} has the default None, which its type does not name: write "
        f"'{getattr(hint, '__name__', hint)} | None'. It is taken as that.",
        stacklevel=2,
    )
    return hint | None


def _takes_none(hint: Any) -> bool:
    try:
        TypeAdapter(hint).validate_python(None)
    except ValidationError:
        return False
    except (PydanticUserError, SchemaError, TypeError):
        return True  # told as a fault of its own
    return True


def resolved_hint(function: Any, annotation: Any) -> Any:
    """*annotation* with its names resolved, or UNKNOWN where one leads nowhere."""
    plain = inspect.unwrap(function)
    plain = (
        plain if hasattr(plain, "__globals__") else inspect.unwrap(getattr(plain, "func", type(plain).__call__))
    )
    names = {**getattr(plain, "__globals__", {}), **_closure(plain)}
    probe = type("Probe", (), {"__annotations__": {"it": annotation}})
    try:
        return get_type_hints(probe, names, include_extras=True)["it"]
    except (NameError, AttributeError, SyntaxError):
        return UNKNOWN


def _closure(function: Any) -> dict[str, Any]:
    """The names of enclosing functions that *function* uses, and that have a value by now."""
    cells = getattr(function, "__closure__", None) or ()
    found = {}
    for name, cell in zip(function.__code__.co_freevars if cells else (), cells, strict=True):
        with suppress(ValueError):  # an empty cell
            found[name] = cell.cell_contents
    return found


def _has_description(hint: Any, default: Any) -> bool:
    """The annotation's own words count before the docstring's."""
    marks = [*(get_args(hint)[1:] if get_origin(hint) is Annotated else ()), default]
    return any(isinstance(mark, FieldInfo) and mark.description for mark in marks)


def _faults_of(name: str, hint: Any, default: Any) -> list[str]:
    """Why a parameter of the type *hint* with *default* cannot be one of a tool."""
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(hint)
        adapter.json_schema(schema_generator=PlainJsonSchema)
    except (PydanticUserError, SchemaError, TypeError) as error:
        return [f"parameter {name!r} has {_why_no_schema(hint, error)}"]
    if isinstance(default, FieldInfo):
        made = default.is_required() or default.default_factory
        default = inspect.Parameter.empty if made else default.default
    return [] if default is inspect.Parameter.empty else _faults_of_default(name, adapter, default)


def _why_no_schema(hint: Any, error: Exception) -> str:
    """What a parameter of the type *hint* has that cannot be, and what to use instead."""
    if "look-around" in str(error):
        return "a pattern with look-around, which cannot be matched in linear time: write one without"
    if getattr(error, "code", None) == "typed-dict-version":
        return f"a typing.TypedDict ({hint.__name__}): on this Python use typing_extensions.TypedDict"
    return (
        f"a type without JSON Schema ({getattr(hint, '__name__', None) or hint}): use a type that pydantic knows, "
        "such as a BaseModel, dataclass or TypedDict, or Injected[...] if the executor is to fill it"
    )


def _faults_of_default(name: str, adapter: TypeAdapter[Any], default: Any) -> list[str]:
    try:
        adapter.validate_python(default)
    except ValidationError:
        return [f"parameter {name!r} has the default {default!r}, which its own type refuses"]
    try:
        to_jsonable_python(default)
    except ValueError:
        return [
            f"parameter {name!r} has a default that is no JSON ({type(default).__name__}): "
            "use None, and make that value inside the function"
        ]
    return []


def _returns(function: Any, faults: list[str]) -> Any:
    """The type of the result, or UNKNOWN. That of a stream is the list of what it yields."""
    annotation = inspect.signature(function).return_annotation
    if annotation is inspect.Signature.empty:
        return UNKNOWN
    hint = NoneType if annotation is None else resolved_hint(function, annotation)
    if hint is UNKNOWN:
        faults.append(f"its return annotation {annotation!r} names nothing known where the function is defined")
    origin = get_origin(hint)
    if inspect.isclass(origin) and issubclass(origin, AsyncIterator):
        return list[get_args(hint)[0]]  # type: ignore[misc]  # a type made at run time
    return UNKNOWN if hint is Any else hint


def _schema(function: Any, found: _Signature, description: str, returns: Any) -> ModelSchema | None:
    """The schema of a signature without faults; None, and a fault, where pydantic refuses it as a whole."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Field name .* shadows", UserWarning)
            model = _model(name_of(function), found.fields)
    except (PydanticUserError, NameError, ValueError) as error:
        found.faults.append(str(error).splitlines()[0])
        return None
    return ModelSchema(model, found.injected, description, returns)


def _model(name: str, fields: Mapping[str, Any]) -> type[BaseModel]:
    words = "".join(part.title() for part in name.split("_"))
    model: type[BaseModel] = create_model(words + "Arguments", __config__=CONFIG, **dict(fields))
    return model
