"""What an export is, and what a dialect does."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from tools.definition.dialects.names import NameMap
from tools.definition.tool import ToolDefinition

# From a value that a provider sent to the one that the tool's own schema describes.
Back = Callable[[Any], Any]


def unchanged(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class ExportWarning:
    """What a dialect cannot say of *tool*. ``kind`` is stable, ``path`` the place in the tool's own schema."""

    tool: str
    path: str
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Exported:
    """One tool as a provider takes it, the way back of its arguments, and that of ours to the provider."""

    definition: dict[str, Any]
    back: Back = unchanged
    there: Back = unchanged


@dataclass
class Notes:
    """Collects the warnings of one tool."""

    tool: str
    warnings: list[ExportWarning] = field(default_factory=list)

    def add(self, kind: str, path: Iterable[str], message: str) -> None:
        warning = ExportWarning(self.tool, "/" + "/".join(path), kind, message)
        if warning not in self.warnings:
            self.warnings.append(warning)


class Dialect(Protocol):
    """How one provider wants tools. ``names`` matches the names that it takes."""

    names: re.Pattern[str]

    def tool(self, definition: ToolDefinition[..., Any], name: str, description: str, notes: Notes) -> Exported:
        """*definition* under the exported *name*; what cannot be said goes to *notes*."""


@dataclass(frozen=True)
class Export:
    """Tools in a provider's dialect. What is not in ``warnings`` is said without loss."""

    dialect: str
    tools: list[dict[str, Any]]
    warnings: list[ExportWarning]
    names: NameMap
    backs: Mapping[str, Back] = field(repr=False, default_factory=dict)
    theres: Mapping[str, Back] = field(repr=False, default_factory=dict)

    def read(self, name: str, arguments: Any) -> tuple[str, Any]:
        """Our name and arguments for what a provider called; the tool's schema still has to read these."""
        ours = self.names.ours(name)
        return ours, self.backs.get(ours, unchanged)(arguments)

    def written(self, name: str, arguments: Any) -> tuple[str, Any]:
        """The provider's name and arguments for a call of ours, as it made it itself or would have."""
        return self.names.exported(name), self.theres.get(name, unchanged)(arguments)

    def as_dict(self) -> dict[str, Any]:
        """The shape of the REST answer; ``names`` are ours by the exported ones."""
        return {
            "dialect": self.dialect,
            "tools": self.tools,
            "warnings": [asdict(warning) for warning in self.warnings],
            "names": dict(self.names),
        }
