"""The first of several tools that can do it."""

from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from telemetry.semconv import Outcome
from tools.calls.call import ToolResult
from tools.calls.nested import Calls
from tools.composition.definition import composed, takes_of
from tools.composition.steps import INPUT, PREVIOUS, Inner, Step, as_step
from tools.definition.tool import ToolDefinition
from tools.errors import ToolError


def fallback(
    name: str,
    *tools: Inner | Step,
    description: str,
    takes: type[BaseModel] | None = None,
    **options: Any,
) -> ToolDefinition[..., Any]:
    """A tool that calls *tools* in turn until one succeeds; after a failure its own outcome is ``after_fallback``.

    Where all fail it fails as the last of them did, and says what each said. It takes what *takes* says, or else
    what its first tool takes; all are given the same arguments. *options*: see ``tools.composition.definition``.
    """
    steps = [as_step(tool) for tool in tools]
    faults = [fault for each in steps for fault in each.faults(frozenset({INPUT}))]
    if faults or not steps:
        raise ValueError(f"{name!r} cannot be a fallback: {'; '.join(faults) or 'it has no tools'}.")

    async def inside(calls: Calls, arguments: dict[str, Any]) -> ToolResult:
        failed: list[ToolError] = []
        for each in steps:
            try:
                result = await each.run(calls, {INPUT: arguments, PREVIOUS: arguments}, repr(each.tool))
            except ToolError as error:
                failed.append(error)
            else:
                return replace(result, outcome=Outcome.AFTER_FALLBACK) if failed else result
        raise all_failed(failed)

    return composed(
        name,
        inside,
        description=description,
        takes=takes_of(name, takes, steps[0]),
        steps=steps,
        **options,
    )


def all_failed(failed: list[ToolError]) -> ToolError:
    """The last of them, saying what each said."""
    error = failed[-1]
    error.detail = " ".join(each.detail for each in failed)
    error.args = (error.detail,)
    return error
