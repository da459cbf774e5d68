"""The tools that there are: each a function with its schema and its default policy."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from inspect import iscoroutinefunction
from typing import Any, Generic, ParamSpec, TypeVar

from rapidfuzz import process

from tools.errors import UnknownTool
from tools.policy import ToolPolicy
from tools.schema import ToolSchema

P = ParamSpec("P")
R = TypeVar("R")
# What every provider takes as a function's name (OpenAI and Anthropic: 64 characters of this set).
NAME_PATTERN = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}")


@dataclass(frozen=True)
class ToolDefinition(Generic[P, R]):
    """A tool as its code defines it. Still callable as the plain function that it wraps."""

    name: str
    function: Callable[P, R]
    schema: ToolSchema
    policy: ToolPolicy
    tags: frozenset[str] = frozenset()
    version: str = ""  # of its code: results kept of another version are not given
    idempotent: bool = False  # twice with the same arguments does no more than once
    calls: frozenset[str] = frozenset()  # the tools that it is made of
    is_async: bool = field(init=False)

    def __post_init__(self) -> None:
        if not NAME_PATTERN.fullmatch(self.name):
            raise ValueError(
                f"{self.name!r} is not a name that model providers accept: "
                "use up to 64 letters, digits, '_' and '-', starting with a letter or '_'."
            )
        object.__setattr__(self, "is_async", iscoroutinefunction(self.function))

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)

    def definition(self, description: str = "") -> dict[str, Any]:
        """The tool as a model sees it (``name``, ``description``, ``parameters`` in JSON Schema)."""
        return {
            "name": self.name,
            "description": description or self.schema.description,
            "parameters": self.schema.parameters,
        }


class ToolRegistry:
    """Tools by name. Holds definitions only: who may call them, and how often, is policy."""

    def __init__(self) -> None:
        self._tools: dict[str, ToolDefinition[..., Any]] = {}

    def register(self, tool: ToolDefinition[..., Any]) -> None:
        """Add *tool*. Raises ValueError if another tool has its name, or if it would call itself."""
        if self._tools.get(tool.name, tool) is not tool:
            raise ValueError(f"There are two tools named {tool.name!r}: rename one of them.")
        if circle := self._circle(tool):
            raise ValueError(f"{' → '.join(map(repr, circle))} would call each other without end: take one out.")
        self._tools[tool.name] = tool

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

    def __iter__(self) -> Iterator[ToolDefinition[..., Any]]:
        return iter(self._tools[name] for name in self.names())

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    def __len__(self) -> int:
        return len(self._tools)


def build_default_registry() -> ToolRegistry:
    """The tools of the catalog (``tools/catalog/__init__.py`` names their modules), Django being set up."""
    registry = ToolRegistry()
    for path in import_module("tools.catalog").CATALOG:
        found = [value for value in vars(import_module(path)).values() if isinstance(value, ToolDefinition)]
        if not found:
            raise LookupError(f"{path} is in the catalog but defines no tool: decorate its function with @tool.")
        for definition in found:
            registry.register(definition)
    return registry
