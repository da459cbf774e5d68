"""The tools that there are: each a function with its schema and its default policy."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from typing import Any, Generic, ParamSpec, TypeVar

from rapidfuzz import process

from tools.caching.rules import CacheRules
from tools.errors import UnknownTool
from tools.policy import ToolPolicy
from tools.schema import NotATool, ToolSchema
from tools.schemas.faults import FaultyTools

P = ParamSpec("P")
R = TypeVar("R")
# MCP's names. Dots and slashes, which model providers refuse, are mapped by tools.dialects.
NAME_PATTERN = re.compile(r"(?=.{1,64}$)[a-zA-Z_][a-zA-Z0-9_-]*(?:[./][a-zA-Z0-9_-]+)*")


def faults_of_name(name: object) -> list[str]:
    """Why *name* cannot be one of a tool."""
    if isinstance(name, str) and NAME_PATTERN.fullmatch(name):
        return []
    return [
        f"{name!r} is not a name that model providers accept: use up to 64 letters, digits, '_' and '-', "
        "starting with a letter or '_', in parts joined by '.' or '/'"
    ]


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
    cache: CacheRules = CacheRules()  # noqa: RUF009  frozen
    is_async: bool = field(init=False)
    streams: bool = field(init=False)  # it yields its answer piece by piece

    def __post_init__(self) -> None:
        if faults := faults_of_name(self.name) + self.policy.faults_of_hedging(self.idempotent):
            raise NotATool(self.name, faults)
        object.__setattr__(self, "is_async", iscoroutinefunction(self.function))
        streams = isasyncgenfunction(self.function) or isgeneratorfunction(self.function)
        object.__setattr__(self, "streams", streams)

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
        """Add *tool*. Raises FaultyTools (a ValueError) if another has its name, or if it would call itself."""
        self.register_all([tool])

    def register_all(self, tools: Iterable[ToolDefinition[..., Any]]) -> None:
        """Add *tools*, or none of them: raises FaultyTools (a ValueError) that names all that is wrong."""
        before, faults = dict(self._tools), []
        for tool in tools:
            if self._tools.setdefault(tool.name, tool) is not tool:
                faults.append(f"There are two tools named {tool.name!r}: rename one of them.")
            elif circle := self._circle(tool):
                faults.append(f"{' → '.join(map(repr, circle))} would call each other without end: take one out.")
        if faults:
            self._tools = before
            raise FaultyTools(faults)

    def tool(self, function: Any = None, /, **options: Any) -> Any:
        """``@tool`` that adds what it makes: ``@registry.tool`` or ``@registry.tool(name=…)``.

        Raises NotATool as ``@tool`` does, and FaultyTools as ``register`` does.
        """
        from tools.decorators import tool as make  # it needs ToolDefinition

        if function is None:
            return lambda decorated: self.tool(decorated, **options)
        made = make(**options)(function)
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
