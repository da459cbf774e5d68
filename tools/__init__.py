"""Run a call. The public names of SalesBoost for Python callers.

Each is imported when it is first asked for: who needs one module of ``tools`` loads no more than that.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tools.cache import ToolCache
    from tools.call import Caller, ToolResult
    from tools.calls import Calls
    from tools.decorators import tool, tool_from_schema
    from tools.errors import RateLimitError, ToolError, ToolInputError, ToolNotFoundError, ToolPermissionError
    from tools.executor import ToolExecutor
    from tools.health import ToolHealthChecker
    from tools.metrics import ToolMetricsCollector
    from tools.policy import ToolRetryPolicy
    from tools.registry import ToolRegistry, build_default_registry
    from tools.schema import Injected

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
    "build_default_registry",
    "tool",
    "tool_from_schema",
]
PLACES = {
    "cache": ["ToolCache"],
    "call": ["Caller", "ToolResult"],
    "calls": ["Calls"],
    "decorators": ["tool", "tool_from_schema"],
    "errors": ["RateLimitError", "ToolError", "ToolInputError", "ToolNotFoundError", "ToolPermissionError"],
    "executor": ["ToolExecutor"],
    "health": ["ToolHealthChecker"],
    "metrics": ["ToolMetricsCollector"],
    "policy": ["ToolRetryPolicy"],
    "registry": ["ToolRegistry", "build_default_registry"],
    "schema": ["Injected"],
}
PLACE_OF = {name: f"tools.{module}" for module, names in PLACES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name in PLACE_OF:
        found = globals()[name] = getattr(import_module(PLACE_OF[name]), name)
        return found
    raise AttributeError(f"module 'tools' has no attribute {name!r}")
