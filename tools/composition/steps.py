"""One call inside a composed tool: which tool, and what it is given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tools.calls.call import ToolResult
from tools.calls.nested import Calls, within
from tools.definition.mistakes import listed
from tools.definition.tool import ToolDefinition
from tools.errors import InvalidArguments, ToolError
from tools.running.references import Reference, Template

INPUT = "input"  # the arguments of the composed tool
PREVIOUS = "previous"  # the result of the step before
Inner = str | ToolDefinition[..., Any]
# A payload with references, or a function of the results so far, by step.
Payload = Template | Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Step:
    """A call of *tool*, whose result goes by *id*. *payload* None: it is given what the step before gave."""

    tool: str
    id: str
    payload: Payload | None
    definition: ToolDefinition[..., Any] | None = None

    def faults(self, known: Mapping[str, Any] | frozenset[str]) -> list[str]:
        """What is wrong with the references of its payload, *known* being what they may lead to."""
        faults = []
        for text in self.payload.references if isinstance(self.payload, Template) else ():
            try:
                wanted = Reference.parse(text).step
            except ValueError as error:
                faults.append(f"step {self.id!r}: {error}")
                continue
            if wanted not in known:
                faults.append(f"step {self.id!r} refers to {wanted!r}: it may refer to {listed(sorted(known))}")
        return faults

    async def run(self, calls: Calls, results: Mapping[str, Any], name: str = "") -> ToolResult:
        """Call the tool. Raises its error, whose text begins with *name*, or with what the step is called."""
        name = name or f"step {self.id!r}"
        try:
            payload = self._payload(calls, results)
        except ToolError as error:
            raise within(name, error) from error
        return await calls.call(self.tool, payload, step=name)

    def _payload(self, calls: Calls, results: Mapping[str, Any]) -> Any:
        if isinstance(self.payload, Template):
            return self.payload.filled(results)
        if self.payload is not None:
            return self.payload(results)
        given = results[PREVIOUS]
        return given if isinstance(given, Mapping) else {only_parameter(calls.tool(self.tool)): given}


def step(
    tool: Inner, payload: Mapping[str, Any] | Callable[[Mapping[str, Any]], Any] | None = None, *, id: str = ""
) -> Step:
    """A call of *tool* inside a composed one.

    *payload* is what it is given: an object in which ``{"$ref": "input.…"}`` is a place in the composed tool's
    arguments, ``{"$ref": "previous.…"}`` in the result of the step before, and ``{"$ref": "<id>.…"}`` in that of
    any earlier one; or a function of these, by name. Without it the step is given what the one before gave: an
    object as it is, anything else as the only required argument. *id* is the tool's name where it is left out.
    """
    name, definition = (tool, None) if isinstance(tool, str) else (tool.name, tool)
    made: Payload | None = None
    if isinstance(payload, Mapping):
        made = Template(payload)
    elif payload is not None:
        made = payload
    return Step(name, id or name, made, definition)


def as_step(tool: Inner | Step) -> Step:
    """A tool alone is a step that is given what there is."""
    return tool if isinstance(tool, Step) else step(tool)


def only_parameter(tool: ToolDefinition[..., Any]) -> str:
    """The name of the one argument that *tool* needs. Raises InvalidArguments where there is not exactly one."""
    schema = tool.schema.parameters
    names = list(schema.get("properties", {}))
    required = schema.get("required", []) if len(names) != 1 else names
    if len(required) != 1:
        raise InvalidArguments(
            f"{tool.name!r} takes {listed(names)}, and is given something that is no object.",
            hint="say in the step's payload which argument it is",
        )
    return str(required[0])
