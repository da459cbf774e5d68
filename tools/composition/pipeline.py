"""Tools one after the other, each of which may use what all before it gave."""

from typing import Any

from pydantic import BaseModel

from tools.calls.call import ToolResult
from tools.calls.nested import Calls
from tools.composition.definition import composed, takes_of
from tools.composition.steps import INPUT, PREVIOUS, Inner, Step, as_step
from tools.definition.tool import ToolDefinition


def pipeline(
    name: str,
    *steps: Inner | Step,
    description: str,
    takes: type[BaseModel] | None = None,
    **options: Any,
) -> ToolDefinition[..., Any]:
    """A tool that makes *steps* in turn; its result is that of the last one.

    It takes what *takes* says, or else what its first tool takes. A step that fails ends it, with that step's
    error. *options*: see ``tools.composition.definition``. Raises ValueError that names every reference in the
    steps' payloads that leads to nothing.
    """
    made = [as_step(each) for each in steps]
    check(name, made)

    async def inside(calls: Calls, arguments: dict[str, Any]) -> ToolResult:
        results: dict[str, Any] = {INPUT: arguments, PREVIOUS: arguments}
        for each in made:
            result = await each.run(calls, results)
            results[each.id] = results[PREVIOUS] = result.result
        return result

    return composed(
        name,
        inside,
        description=description,
        takes=takes_of(name, takes, made[0]),
        steps=made,
        **options,
    )


def check(name: str, steps: list[Step]) -> None:
    """Raises ValueError that names all that is wrong with the steps of the tool *name*."""
    faults = [] if steps else ["it has no steps"]
    known = {INPUT, PREVIOUS}
    for each in steps:
        faults.extend(each.faults(frozenset(known)))
        if each.id in known:
            faults.append(f"there are two steps {each.id!r}: give one of them another id")
        known.add(each.id)
    if faults:
        raise ValueError(f"{name!r} cannot be a pipeline: {'; '.join(faults)}.")
