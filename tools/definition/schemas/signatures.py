"""A JSON Schema and the function that it is to be called with: whether the two fit together."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, get_args

from tools.definition.schemas.document import DocumentSchema, read_document
from tools.definition.schemas.inference import CANNOT_BE_NAMED, is_injected, resolved_hint

NO_DESCRIPTION = "its description is missing, and a model chooses tools by that text"


def schema_from_document(
    description: Any,
    parameters: Any,
    output: Any,
    function: Callable[..., Any],
    faults: list[str],
) -> DocumentSchema | None:
    """The schema of *parameters*, or None where *faults* were added."""
    before = len(faults)
    if not isinstance(description, str) or not description.strip():
        faults.append(NO_DESCRIPTION)
    document, found = read_document(parameters, "parameters")
    faults += found
    result, found = read_document(output, "output") if output is not None else (None, [])
    faults += found
    if len(faults) == before:
        _check_root(document, faults)
    injected = injected_of(function)
    if len(faults) == before:
        faults += _misfits(document, function, injected)
    if len(faults) > before:
        return None
    defaults = {name: one["default"] for name, one in _properties(document).items() if "default" in one}
    return DocumentSchema(document, injected, description.strip(), result, defaults)


def injected_of(function: Callable[..., Any]) -> dict[str, type]:
    """The parameters of *function* that the executor fills, each with its type."""
    found = {}
    for name, parameter in inspect.signature(function).parameters.items():
        hint = resolved_hint(function, parameter.annotation)
        if is_injected(hint):
            found[name] = get_args(hint)[0]
    return found


def _properties(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {name: one for name, one in document.get("properties", {}).items() if isinstance(one, Mapping)}


def _check_root(document: dict[str, Any], faults: list[str]) -> None:
    """Arguments are an object; a schema that does not say so is told so."""
    if document.setdefault("type", "object") != "object":
        faults.append(f"parameters: its type must be 'object', not {document['type']!r}: arguments have names")
    document.setdefault("properties", {})


def _misfits(document: Mapping[str, Any], function: Callable[..., Any], injected: Mapping[str, type]) -> list[str]:
    """What of *document* the function does not take, and what it wants that nobody gives."""
    parameters = inspect.signature(function).parameters
    takes_all = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
    sure = {
        *document.get("required", ()),
        *(name for name, one in _properties(document).items() if "default" in one),
    }
    return [
        *(
            f"{name!r} is injected and cannot be among its parameters too"
            for name in sorted(injected.keys() & document["properties"].keys())
        ),
        *(
            f"the function has no parameter {name!r}: add it, or '**arguments' for all"
            for name in document["properties"]
            if not takes_all and name not in parameters
        ),
        *(
            f"parameter {name!r} {CANNOT_BE_NAMED[one.kind]}"
            for name, one in parameters.items()
            if one.kind is one.POSITIONAL_ONLY
        ),
        *(
            f"the function needs {name!r}, which the schema does not require: give it a default"
            for name, one in parameters.items()
            if one.default is one.empty and one.kind not in CANNOT_BE_NAMED and name not in {*injected, *sure}
        ),
    ]
