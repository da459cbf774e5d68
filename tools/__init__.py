"""Run a call. The public names of SalesBoost for Python callers.

Each is imported when it is first asked for: who needs one module of ``tools`` loads no more than that.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tools.cache import ToolCache
    from tools.calls.call import Caller, ToolResult
    from tools.calls.nested import Calls
    from tools.definition.decorators import tool, tool_from_schema
    from tools.definition.policy import ToolRetryPolicy
    from tools.definition.registry import ToolRegistry, build_default_registry
    from tools.definition.schema import Injected
    from tools.errors import RateLimitError, ToolError, ToolInputError, ToolNotFoundError, ToolPermissionError
    from tools.health import ToolHealthChecker
    from tools.notifications.metrics import ToolMetricsCollector
    from tools.running.executor import ToolExecutor
    from tools.selection.process import get_tool_selector
    from tools.selection.running import execute_best, execute_best_sync
    from tools.selection.selector import ToolSelector

__all__ = [
    "Caller",
    "Calls",
    "Injected",
    "RateLimitError",
    "ToolCache",
    "ToolError",
    "ToolExecutor",
    "ToolHealthChecker",
    "ToolInputError",
    "ToolMetricsCollector",
    "ToolNotFoundError",
    "ToolPermissionError",
    "ToolRegistry",
    "ToolResult",
    "ToolRetryPolicy",
    "ToolSelector",
    "build_default_registry",
    "execute_best",
    "execute_best_sync",
    "get_tool_selector",
    "tool",
    "tool_from_schema",
]
PLACES = {
    "cache": ["ToolCache"],
    "calls.call": ["Caller", "ToolResult"],
    "calls.nested": ["Calls"],
    "definition.decorators": ["tool", "tool_from_schema"],
    "definition.policy": ["ToolRetryPolicy"],
    "definition.registry": ["ToolRegistry", "build_default_registry"],
    "definition.schema": ["Injected"],
    "errors": ["RateLimitError", "ToolError", "ToolInputError", "ToolNotFoundError", "ToolPermissionError"],
    "health": ["ToolHealthChecker"],
    "notifications.metrics": ["ToolMetricsCollector"],
    "running.executor": ["ToolExecutor"],
    "selection.process": ["get_tool_selector"],
    "selection.running": ["execute_best", "execute_best_sync"],
    "selection.selector": ["ToolSelector"],
}
PLACE_OF = {name: f"tools.{module}" for module, names in PLACES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in PLACE_OF:
        found = globals()[name] = getattr(import_module(PLACE_OF[name]), name)
        return found
    raise AttributeError(f"module 'tools' has no attribute {name!r}")
