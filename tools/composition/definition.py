"""From the inside of a composed tool to its definition."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from pydantic import BaseModel, create_model
from pydantic_core import to_jsonable_python

from tools.calls.nested import Calls
from tools.composition.steps import Step
from tools.definition.decorators import define
from tools.definition.schema import ModelSchema, ToolSchema
from tools.definition.tool import ToolDefinition

# What a composed tool does: it is given the calls that it may make, and its arguments as JSON types.
Inside = Callable[[Calls, dict[str, Any]], Awaitable[Any]]
# No field of a pydantic model begins with an underscore, so it cannot be the name of an argument.
INJECTED = {"_calls": Calls}


def composed(
    name: str,
    inside: Inside,
    *,
    description: str,
    takes: type[BaseModel] | ToolDefinition[..., Any],
    steps: Iterable[Step],
    inner_role: str | None = None,
    **options: Any,
) -> ToolDefinition[..., Any]:
    """The tool *name*, which does what *inside* does.

    *takes* is a model of its arguments, or a tool that takes the same. *inner_role* is the role in which it calls
    its tools; where it is left out, its caller's. *options* are those of ``@tool``.
    """

    async def run(_calls: Calls, **arguments: Any) -> Any:
        calls = _calls if inner_role is None else _calls.as_role(inner_role)
        return await inside(calls, to_jsonable_python(arguments))

    return define(run, schema_of(takes, description), name=name, calls={step.tool for step in steps}, **options)


def schema_of(takes: type[BaseModel] | ToolDefinition[..., Any], description: str) -> ToolSchema:
    if isinstance(takes, ToolDefinition):
        return takes.schema.same_arguments(injected=INJECTED, description=description)
    return ModelSchema(model=strict(takes), injected=INJECTED, description=description)


def strict(model: type[BaseModel]) -> type[BaseModel]:
    """*model*, refusing what it does not know, as tools do, unless it says itself what becomes of that."""
    if "extra" in model.model_config:
        return model
    return create_model(model.__name__, __base__=model, __cls_kwargs__={"extra": "forbid"})


def takes_of(name: str, takes: type[BaseModel] | None, first: Step) -> type[BaseModel] | ToolDefinition[..., Any]:
    """What the tool *name* takes: *takes*, or what its *first* step does. Raises TypeError if nobody says so."""
    if takes is not None:
        return takes
    if first.definition is not None:
        return first.definition
    raise TypeError(
        f"{name!r} does not know its arguments: give it takes=<a pydantic model>, "
        f"or the tool {first.tool!r} itself instead of its name."
    )
