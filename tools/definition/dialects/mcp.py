"""MCP's tools: JSON Schema 2020-12 as it is; a result has a schema only where it is an object."""

import re
from typing import Any

from tools.definition.dialects.base import Exported, Notes
from tools.definition.tool import ToolDefinition


class Mcp:
    """``{"name", "description", "inputSchema", "outputSchema"?, "annotations"?}``."""

    names = re.compile(r"[a-zA-Z0-9_./-]{1,64}")

    def tool(self, definition: ToolDefinition[..., Any], name: str, description: str, notes: Notes) -> Exported:
        made = {"name": name, "description": description, "inputSchema": definition.schema.parameters}
        output = definition.schema.output
        if output is not None and is_object(output):
            made["outputSchema"] = output
        elif output is not None:
            notes.add("output_left_out", ("output",), "MCP describes results that are objects, and this is none")
        if definition.idempotent:
            made["annotations"] = {"idempotentHint": True}
        return Exported(made)


def is_object(schema: dict[str, Any]) -> bool:
    """Whether *schema* says at its top that it is of an object."""
    return schema.get("type") == "object"
