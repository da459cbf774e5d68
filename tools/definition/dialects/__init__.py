"""Tools in the dialects of model providers, and back. A new dialect is a file here and a line in DIALECTS."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from tools.definition.dialects.anthropic import Anthropic
from tools.definition.dialects.base import Dialect, Export, Exported, ExportWarning, Notes
from tools.definition.dialects.gemini import Gemini
from tools.definition.dialects.mcp import Mcp
from tools.definition.dialects.names import NameMap
from tools.definition.dialects.openai import OpenAI
from tools.definition.same import Same
from tools.definition.tool import ToolDefinition

__all__ = ["DIALECTS", "Export", "ExportWarning", "NameMap", "export"]

DIALECTS: Mapping[str, Dialect] = {
    "openai": OpenAI(),
    "anthropic": Anthropic(),
    "gemini": Gemini(),
    "mcp": Mcp(),
}


def export(
    tools: Iterable[ToolDefinition[..., Any]],
    dialect: str,
    descriptions: Mapping[str, str] | None = None,
    *,
    names: NameMap | None = None,
    shared: bool = False,
) -> Export:
    """*tools* as *dialect* wants them, with a warning for all that it cannot say.

    *descriptions* replaces those of the code, by tool name; *names* is the map of more tools than these. What is
    *shared* others get, too: it costs nothing the second time, and nobody may change it, as some clients do.
    Raises KeyError for a dialect that is not in DIALECTS.
    """
    speaker = DIALECTS[dialect]
    tools = list(tools)
    names = names or NameMap((tool.name for tool in tools), speaker.names)
    made: list[dict[str, Any]] = []
    warnings: list[ExportWarning] = []
    backs, theres = {}, {}
    make = _remembered if shared else _exported
    for tool in tools:
        description = (descriptions or {}).get(tool.name) or tool.schema.description
        exported, noted = make(Same(tool), dialect, names.exported(tool.name), description)
        made.append(exported.definition)
        warnings += noted
        backs[tool.name], theres[tool.name] = exported.back, exported.there
    return Export(dialect, made, warnings, names, backs, theres)


def _exported(same: Same, dialect: str, name: str, description: str) -> tuple[Exported, Sequence[ExportWarning]]:
    notes = Notes(same.tool.name)
    return DIALECTS[dialect].tool(same.tool, name, description, notes), tuple(notes.warnings)


# Each question to a model has all its tools, which are the same as last time.
_remembered = lru_cache(maxsize=2048)(_exported)
