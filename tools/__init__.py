"""Run a call. The public names of SalesBoost for Python callers.

The executor is imported late: it needs Django's settings, while ``@tool`` does not.
"""

from typing import TYPE_CHECKING, Any

from tools.call import Caller, ToolResult
from tools.calls import Calls
from tools.decorators import tool, tool_from_schema
from tools.errors import ToolError
from tools.registry import ToolRegistry, build_default_registry
from tools.schema import Injected

if TYPE_CHECKING:
    from tools.executor import ToolExecutor

__all__ = [
    "Caller",
    "Calls",
    "Injected",
    "ToolError",
    "ToolExecutor",
    "ToolRegistry",
    "ToolResult",
    "build_default_registry",
    "tool",
    "tool_from_schema",
]


def __getattr__(name: str) -> Any:
    if name == "ToolExecutor":
        from tools.executor import ToolExecutor

        return ToolExecutor
    raise AttributeError(f"module 'tools' has no attribute {name!r}")
