"""Refuses a tool that is switched off, and a role that may not call it."""

from tools.calls.call import Next, ToolCall, ToolResult
from tools.errors import NotAuthorized


class Authorization:
    """A tool without roles is for everyone."""

    async def __call__(self, call: ToolCall, call_next: Next) -> ToolResult:
        policy = call.policy
        if not policy.enabled:
            raise NotAuthorized(
                f"The tool {call.tool.name!r} is switched off: an admin can switch it on again.",
                code="tool_disabled",
            )
        if policy.roles and call.caller.role not in policy.roles:
            allowed = " or ".join(repr(role) for role in sorted(policy.roles))
            said = (
                f"The role {call.caller.role!r} may not" if call.caller.role else "A caller without a role may not"
            )
            raise NotAuthorized(
                f"{said} call {call.tool.name!r}: call it as {allowed}.", hint=f"set caller_role to {allowed}"
            )
        return await call_next(call)
