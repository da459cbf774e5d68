"""A tool as REST lists it."""

from typing import Any

from tools.decisions import live
from tools.definition.tool import ToolDefinition


def tool_as_dict(tool: ToolDefinition[..., Any]) -> dict[str, Any]:
    """A tool's definition as a model takes it, and the policy that holds for it now."""
    policy = live.policy(tool)
    return {
        **tool.definition(policy.description),
        "output": tool.schema.output,
        "tags": sorted(tool.tags),
        "version": tool.version,
        "idempotent": tool.idempotent,
        "streams": tool.streams,
        "calls": sorted(tool.calls),
        "policy": {
            "enabled": policy.enabled,
            "roles": sorted(policy.roles),
            "timeout_s": policy.timeout_s,
            "deadline_s": policy.deadline_s,
            "retries": policy.retries,
            "rate": str(policy.rate) if policy.rate else None,
            "caller_rate": str(policy.caller_rate) if policy.caller_rate else None,
            "quota_day": policy.quota_day or None,
            "quota_month": policy.quota_month or None,
            "max_concurrent": policy.max_concurrent or None,
            "cache_ttl_s": policy.cache_ttl_s,
            "cache_stale_s": policy.cache_stale_s,
        },
    }
