"""Run a call. The public names of SalesBoost for Python callers.

What needs Django's settings is imported late: ``@tool`` does not.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tools.call import Caller, ToolResult
from tools.calls import Calls
from tools.decorators import tool, tool_from_schema
from tools.errors import RateLimitError, ToolError, ToolInputError, ToolNotFoundError, ToolPermissionError
from tools.policy import ToolRetryPolicy
from tools.registry import ToolRegistry, build_default_registry
from tools.schema import Injected

if TYPE_CHECKING:
    from tools.cache import ToolCache
    from tools.executor import ToolExecutor
    from tools.health import ToolHealthChecker
    from tools.metrics import ToolMetricsCollector

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
LATE = {
    "ToolCache": "tools.cache",
    "ToolExecutor": "tools.executor",
    "ToolHealthChecker": "tools.health",
    "ToolMetricsCollector": "tools.metrics",
}


def __getattr__(name: str) -> Any:
    if name in LATE:
        return getattr(import_module(LATE[name]), name)
    raise AttributeError(f"module 'tools' has no attribute {name!r}")
