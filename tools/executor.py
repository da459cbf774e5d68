"""The executor by its public name; it lives in ``tools.running``."""

from tools.definition.policy import ToolPolicy, ToolRetryPolicy
from tools.definition.registry import ToolRegistry, build_default_registry
from tools.running.executor import Policies, ToolExecutor, build_state, retry_policy_of_settings

__all__ = [
    "Policies",
    "ToolExecutor",
    "ToolPolicy",
    "ToolRegistry",
    "ToolRetryPolicy",
    "build_default_registry",
    "build_state",
    "retry_policy_of_settings",
]
