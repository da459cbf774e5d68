"""What has to fit together before an executor can run."""

from collections.abc import Iterable, Mapping
from inspect import isasyncgenfunction, signature
from typing import Any

from django.utils.module_loading import import_string

from tools.calls.nested import Calls
from tools.calls.stage import Stage
from tools.definition.registry import ToolRegistry
from tools.definition.schemas.faults import FaultyTools


def check_injected(registry: ToolRegistry, provided: Iterable[type]) -> None:
    """Raises FaultyTools (a LookupError) that names every ``Injected`` parameter that nobody can fill."""
    known = set(provided)
    faults = [
        f"The tool {tool.name!r} wants a {getattr(wanted, '__name__', wanted)} for {parameter!r}: "
        "give ToolExecutor(resolvers={…}) a function that makes one of the call."
        for tool in registry
        for parameter, wanted in tool.schema.injected.items()
        if wanted not in known
    ]
    if faults:
        raise FaultyTools(faults)


def check_calls(registry: ToolRegistry) -> None:
    """Raises LookupError that names every tool which could not make the calls that it is there to make."""
    faults = []
    for tool in registry:
        if missing := sorted(name for name in tool.calls if name not in registry):
            faults.append(f"{tool.name!r} calls {', '.join(map(repr, missing))}: register that too")
        if Calls in tool.schema.injected.values() and not (tool.is_async or isasyncgenfunction(tool.function)):
            faults.append(f"{tool.name!r} takes Injected[Calls] but cannot await them: make it an async function")
    if faults:
        raise LookupError(f"Tools cannot make their calls: {'; '.join(faults)}.")


def build_stage(path: str, parts: Mapping[str, Any]) -> Stage:
    """The stage at a dotted *path*, its constructor given those of *parts* that it names."""
    stage_class = import_string(path)
    wanted = signature(stage_class).parameters
    stage: Stage = stage_class(**{name: parts[name] for name in wanted if name in parts})
    return stage
