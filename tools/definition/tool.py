"""A tool: a function with its schema and its default policy."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from typing import Any, Generic, ParamSpec, TypeVar

from tools.definition.cache_rules import CacheRules
from tools.definition.policy import ToolPolicy
from tools.definition.probe import Probe
from tools.definition.schema import NotATool, ToolSchema

P = ParamSpec("P")
R = TypeVar("R")
# MCP's names. Dots and slashes, which model providers refuse, are mapped by tools.definition.dialects.
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
    read_only: bool = False  # it changes nothing anywhere
    probe: Probe | None = None  # asks whether it works
    sample: Mapping[str, Any] | None = None  # arguments by which it may be tried, as it changes nothing
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
