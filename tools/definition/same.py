"""Tools as keys of what is remembered of them."""

from typing import Any

from tools.definition.tool import ToolDefinition


class Same:
    """A tool as a key: itself, whatever it is made of."""

    def __init__(self, tool: ToolDefinition[..., Any]) -> None:
        self.tool = tool

    def __hash__(self) -> int:
        return id(self.tool)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.tool is self.tool
