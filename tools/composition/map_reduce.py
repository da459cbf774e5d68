"""One tool over the items of a list, then something that makes one of the results."""

from collections.abc import Callable
from inspect import isawaitable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from tools.calls.nested import Calls
from tools.composition.definition import composed
from tools.composition.steps import INPUT, PREVIOUS, Inner, Step, as_step
from tools.definition.tool import ToolDefinition
from tools.running.parallel import Run

ITEM, RESULTS = "item", "results"
Reducer = Inner | Step | Callable[[list[Any]], Any]


def map_reduce(
    name: str,
    tool: Inner | Step,
    reduce: Reducer | None = None,
    *,
    description: str,
    over: str = "items",
    takes: type[BaseModel] | None = None,
    max_items: int = 100,
    at_once: int = 5,
    **options: Any,
) -> ToolDefinition[..., Any]:
    """A tool that calls *tool* for each item of its argument *over*, at most *at_once* at the same time.

    *reduce* makes its result of the list of results, in the order of the items: a tool, or a function (plain or
    async); without it the list is the result. The payload of *tool* may refer to ``item`` and ``input``, that
    of *reduce* to ``results`` and ``input``. Without *takes* the items are what *tool* takes, up to *max_items*.
    The first item that fails ends the call, with that item's error, and what still runs is cancelled.
    *options*: see ``tools.composition.definition``.
    """
    each = as_step(tool)
    last = as_step(reduce) if isinstance(reduce, str | ToolDefinition | Step) else None
    faults = each.faults(frozenset({INPUT, ITEM}))
    faults += last.faults(frozenset({INPUT, RESULTS})) if last else []
    if faults:
        raise ValueError(f"{name!r} cannot be a map_reduce: {'; '.join(faults)}.")

    async def mapped(calls: Calls, arguments: dict[str, Any]) -> list[Any]:
        items = arguments[over]

        async def one(index: int) -> Any:
            given = {INPUT: arguments, ITEM: items[index], PREVIOUS: items[index]}
            return (await each.run(calls, given, f"item {index + 1} of {len(items)} ({each.tool!r})")).result

        return await Run([()] * len(items), one, at_once).results()

    async def inside(calls: Calls, arguments: dict[str, Any]) -> Any:
        results = await mapped(calls, arguments)
        if last is not None:
            return await last.run(calls, {INPUT: arguments, RESULTS: results, PREVIOUS: results})
        if reduce is None:
            return results
        assert callable(reduce)
        reduced = reduce(results)
        return await reduced if isawaitable(reduced) else reduced

    return composed(
        name,
        inside,
        description=description,
        takes=takes or list_of(each, over, max_items),
        steps=[each, last] if last else [each],
        **options,
    )


def list_of(each: Step, over: str, most: int) -> type[BaseModel]:
    """A model with one list, *over*, of what the tool of *each* takes, as far as that is known."""
    item: Any = getattr(each.definition and each.definition.schema, "model", dict[str, Any])
    field = Annotated[list[item], Field(max_length=most, description="One for each call.")]
    fields: dict[str, Any] = {over: (field, ...)}
    return create_model(f"{each.tool}_list", __config__=ConfigDict(extra="forbid"), **fields)
