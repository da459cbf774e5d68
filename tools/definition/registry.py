"""The tools that there are, by name."""

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

from rapidfuzz import process

from telemetry.semconv import CANARY_TOOL
from tools.definition.decorators import tool as make_tool
from tools.definition.schema import NotATool
from tools.definition.schemas.faults import FaultyTools
from tools.definition.tool import ToolDefinition
from tools.errors import UnknownTool


class ToolRegistry:
    """Tools by name. Holds definitions only: who may call them, and how often, is policy."""

    def __init__(self) -> None:
        self._tools: dict[str, ToolDefinition[..., Any]] = {}

    def register(self, tool: ToolDefinition[..., Any]) -> None:
        """Add *tool*. Raises FaultyTools (a ValueError) if another has its name, or if it would call itself."""
        self.register_all([tool])

    def register_all(self, tools: Iterable[ToolDefinition[..., Any]]) -> None:
        """Add *tools*, or none of them: raises FaultyTools (a ValueError) that names all that is wrong."""
        before, faults = dict(self._tools), []
        for tool in tools:
            if self._tools.setdefault(tool.name, tool) is not tool:
                faults.append(f"There are two tools named {tool.name!r}: rename one of them.")
            elif tool.name == CANARY_TOOL:
                faults.append(f"{tool.name!r} is the name of SalesBoost's own canary: rename the tool.")
            elif circle := self._circle(tool):
                faults.append(f"{' → '.join(map(repr, circle))} would call each other without end: take one out.")
        if faults:
            self._tools = before
            raise FaultyTools(faults)

    def tool(self, function: Any = None, /, **options: Any) -> Any:
        """``@tool`` that adds what it makes: ``@registry.tool`` or ``@registry.tool(name=…)``.

        Raises NotATool as ``@tool`` does, and FaultyTools as ``register`` does.
        """
        if function is None:
            return lambda decorated: self.tool(decorated, **options)
        made = make_tool(**options)(function)
        self.register(made)
        return made

    def _circle(self, tool: ToolDefinition[..., Any]) -> tuple[str, ...]:
        """The tools through which *tool* would come back to itself."""
        waiting: list[tuple[str, ...]] = [(tool.name, called) for called in tool.calls]
        seen: set[str] = set()
        while waiting:
            way = waiting.pop()
            if way[-1] == tool.name:
                return way
            if way[-1] in self._tools and way[-1] not in seen:
                seen.add(way[-1])
                waiting.extend((*way, called) for called in self._tools[way[-1]].calls)
        return ()

    def get(self, name: str) -> ToolDefinition[..., Any]:
        """The tool of that name. Raises UnknownTool, which suggests the nearest names."""
        found = self._tools.get(name)
        if found is None:
            close = [match for match, _, _ in process.extract(name, self.names(), limit=3, score_cutoff=50)]
            hint = f"did you mean {' or '.join(repr(match) for match in close)}?" if close else ""
            raise UnknownTool(f"There is no tool {name[:80]!r}." + (f" Did{hint[3:]}" if hint else ""), hint=hint)
        return found

    def names(self) -> list[str]:
        return sorted(self._tools)

    def all(self) -> list[ToolDefinition[..., Any]]:
        """All tools, by name."""
        return list(self)

    def __iter__(self) -> Iterator[ToolDefinition[..., Any]]:
        return iter(self._tools[name] for name in self.names())

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    def __len__(self) -> int:
        return len(self._tools)


def build_default_registry() -> ToolRegistry:
    """The tools of the catalog (``tools/catalog/__init__.py`` names their modules), Django being set up.

    Raises FaultyTools that names every faulty one.
    """
    return registry_of(import_module("tools.catalog").CATALOG)


def registry_of(modules: Iterable[str]) -> ToolRegistry:
    """The tools that *modules* (dotted paths) define. Raises FaultyTools that names every faulty one."""
    registry = ToolRegistry()
    errors: list[str] = []
    for path in modules:
        try:
            registry.register_all(_tools_of(path))
        except (NotATool, FaultyTools) as error:
            errors.append(f"{path}: {error}")
    if errors:
        raise FaultyTools(errors)
    return registry


def _tools_of(path: str) -> list[ToolDefinition[..., Any]]:
    found = [value for value in vars(import_module(path)).values() if isinstance(value, ToolDefinition)]
    if not found:
        raise FaultyTools(["it is in the catalog but defines no tool: decorate its function with @tool."])
    return found
