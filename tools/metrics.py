"""The counters of tool calls by their public name; they live in ``tools.notifications``."""

from tools.notifications.metrics import ToolMetricsCollector, collect, observe, render

__all__ = ["ToolMetricsCollector", "collect", "observe", "render"]
