"""Anthropic's tools: JSON Schema 2020-12 as it is, but for choices at the top and the names of properties."""

import re
from collections.abc import Callable
from typing import Any

from tools.definition.dialects.base import Back, Exported, Notes
from tools.definition.dialects.names import NameMap
from tools.definition.dialects.shapes import flat_root
from tools.definition.tool import ToolDefinition

PROPERTY = re.compile(r"[a-zA-Z0-9_.-]{1,64}")
AT_THE_TOP = frozenset({"allOf", "anyOf", "oneOf"})


class Anthropic:
    """``{"name", "description", "input_schema"}``."""

    names = re.compile(r"[a-zA-Z0-9_-]{1,64}")

    def tool(self, definition: ToolDefinition[..., Any], name: str, description: str, notes: Notes) -> Exported:
        schema = definition.schema.parameters
        if AT_THE_TOP & schema.keys():
            schema = flat_root(schema, lambda kind, message: notes.add(kind, (), message))
        names = NameMap(schema["properties"], PROPERTY)
        for exported, ours in names.items():
            if exported != ours:
                notes.add(
                    "renamed", ("properties", ours), f"it is called {exported!r}, as Anthropic refuses its name"
                )
        schema["properties"] = {names.exported(ours): value for ours, value in schema["properties"].items()}
        if "required" in schema:
            schema["required"] = [names.exported(ours) for ours in schema["required"] if ours in names.values()]
        made = {"name": name, "description": description, "input_schema": schema}
        if all(exported == ours for exported, ours in names.items()):
            return Exported(made)
        return Exported(made, renamed(names.ours), renamed(names.there))


def renamed(name_of: Callable[[str], str]) -> Back:
    """Arguments under the names that *name_of* has for theirs."""
    return lambda value: {name_of(key): one for key, one in value.items()} if isinstance(value, dict) else value
