"""A row in the admin for every tool that the code has."""

from tools.definition.editable import BY_NAME
from tools.definition.registry import ToolRegistry
from tools.models import Tool


def ensure_rows(registry: ToolRegistry) -> int:
    """Make the rows that are missing, each with the first entry of its history. How many were made."""
    there = set(Tool.objects.values_list("name", flat=True))
    missing = [name for name in registry.names() if name not in there]
    made = [Tool.objects.get_or_create(name=name)[1] for name in missing]
    return sum(made)


def reset_to_code(tool: Tool) -> None:
    """Undo every edit of *tool*, as one more entry of its history."""
    for name in BY_NAME:
        field = Tool._meta.get_field(name)
        setattr(tool, name, None if field.null else "")
    tool.save()
