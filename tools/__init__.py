"""Run a call. The public names of SalesBoost for Python callers.

What needs Django's settings is imported late: ``@tool`` does not.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tools.calls.call import Caller, ToolResult
from tools.calls.nested import Calls
from tools.definition.decorators import tool, tool_from_schema
from tools.definition.policy import ToolRetryPolicy
from tools.definition.registry import ToolRegistry, build_default_registry
from tools.definition.schema import Injected
from tools.errors import RateLimitError, ToolError, ToolInputError, ToolNotFoundError, ToolPermissionError

if TYPE_CHECKING:
    from tools.cache import ToolCache
    from tools.health import ToolHealthChecker
    from tools.notifications.metrics import ToolMetricsCollector
    from tools.running.executor import ToolExecutor

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
    "ToolExecutor": "tools.running.executor",
    "ToolHealthChecker": "tools.health",
    "ToolMetricsCollector": "tools.notifications.metrics",
}


def __getattr__(name: str) -> Any:
    if name in LATE:
        return getattr(import_module(LATE[name]), name)
    raise AttributeError(f"module 'tools' has no attribute {name!r}")
