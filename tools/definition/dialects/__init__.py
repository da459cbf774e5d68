"""Tools in the dialects of model providers, and back. A new dialect is a file here and a line in DIALECTS."""

from collections.abc import Iterable, Mapping
from typing import Any

from tools.definition.dialects.anthropic import Anthropic
from tools.definition.dialects.base import Dialect, Export, ExportWarning, Notes
from tools.definition.dialects.gemini import Gemini
from tools.definition.dialects.mcp import Mcp
from tools.definition.dialects.names import NameMap
from tools.definition.dialects.openai import OpenAI
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
) -> Export:
    """*tools* as *dialect* wants them, with a warning for all that it cannot say.

    *descriptions* replaces those of the code, by tool name; *names* is the map of more tools than these.
    Raises KeyError for a dialect that is not in DIALECTS.
    """
    speaker = DIALECTS[dialect]
    tools = list(tools)
    names = names or NameMap((tool.name for tool in tools), speaker.names)
    made, warnings, backs, theres = [], [], {}, {}
    for tool in tools:
        notes = Notes(tool.name)
        description = (descriptions or {}).get(tool.name) or tool.schema.description
        exported = speaker.tool(tool, names.exported(tool.name), description, notes)
        made.append(exported.definition)
        warnings += notes.warnings
        backs[tool.name], theres[tool.name] = exported.back, exported.there
    return Export(dialect, made, warnings, names, backs, theres)
