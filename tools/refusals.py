"""A span for a request to run a tool that never became a call: a wrong key, a body that cannot be read."""

from django.http import HttpRequest

from tools.call import Caller
from tools.errors import ToolError
from tools.runtime import get_executor

EXECUTE_PATHS = ("/api/v1/tools/execute", "/api/v1/tools/execute_parallel")


async def record_refusal(
    request: HttpRequest, error: ToolError, requested: str = "", caller_role: str = ""
) -> None:
    """Record *error* as the end of what *request* asked for, unless it asks for no call or is recorded already."""
    if error.tool_call_id or request.path_info not in EXECUTE_PATHS or request.method != "POST":
        return
    key = getattr(request, "api_key", None)
    caller = Caller(role=caller_role, api_key_name=key.name if key else "")
    await get_executor().refuse(error, requested=requested, caller=caller)
