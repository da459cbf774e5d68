"""One of several tools, chosen by the arguments."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from tools.calls.call import ToolResult
from tools.calls.nested import Calls
from tools.composition.definition import composed, takes_of
from tools.composition.steps import INPUT, PREVIOUS, Inner, Step, as_step
from tools.definition.tool import ToolDefinition
from tools.errors import InvalidArguments

Predicate = Callable[[Mapping[str, Any]], bool]
Branch = tuple[Predicate, Step]


def when(predicate: Predicate, tool: Inner | Step) -> Branch:
    """*tool*, where *predicate* holds of the arguments, which it is given as JSON types."""
    return predicate, as_step(tool)


def conditional(
    name: str,
    *branches: Branch,
    otherwise: Inner | Step | None = None,
    description: str,
    takes: type[BaseModel] | None = None,
    **options: Any,
) -> ToolDefinition[..., Any]:
    """A tool that calls the first of *branches* whose predicate holds, or else *otherwise*.

    To choose by the result of another tool, make it a step of a ``pipeline``. It takes what *takes* says, or else
    what the tool of its first branch takes. Where nothing holds and there is no *otherwise*, the call fails.
    *options*: see ``tools.composition.definition``.
    """
    default = None if otherwise is None else as_step(otherwise)
    steps = [each for _, each in branches] + ([default] if default else [])
    faults = [fault for each in steps for fault in each.faults(frozenset({INPUT}))]
    if faults or not branches:
        raise ValueError(f"{name!r} cannot be conditional: {'; '.join(faults) or 'it has no branches'}.")

    async def inside(calls: Calls, arguments: dict[str, Any]) -> ToolResult:
        chosen = next((each for predicate, each in branches if predicate(arguments)), default)
        if chosen is None:
            raise InvalidArguments(
                f"None of the conditions of {name!r} holds for these arguments.", code="no_branch"
            )
        return await chosen.run(calls, {INPUT: arguments, PREVIOUS: arguments})

    return composed(
        name,
        inside,
        description=description,
        takes=takes_of(name, takes, steps[0]),
        steps=steps,
        **options,
    )
