"""A span for a request to run a tool that never became a call: a wrong key, a body that cannot be read."""

import time
from collections.abc import Callable

from django.http import HttpRequest

from telemetry.semconv import UNKNOWN_TOOL
from tools.calls.call import Caller
from tools.definition.policy import Rate
from tools.errors import ToolError
from tools.notifications import metrics
from tools.running.runtime import get_executor

EXECUTE_PATHS = tuple(
    f"/api/v1/tools/{kind}" for kind in ("execute", "execute_parallel", "execute_text", "stream")
)


class Allowance:
    """A token bucket of this process alone."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._tokens = float(rate.capacity)
        self._at = clock()

    def take(self) -> bool:
        """True while there is a token."""
        now = self._clock()
        self._tokens = min(self._rate.capacity, self._tokens + (now - self._at) / self._rate.token_s)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


# Strangers must not fill the store with spans; what is over this is still counted in /metrics.
spans_of_strangers = Allowance(Rate(20, 1.0))


async def record_refusal(
    request: HttpRequest, error: ToolError, requested: str = "", caller_role: str = ""
) -> None:
    """Record *error* as the end of what *request* asked for, unless it asks for no call or is recorded already."""
    if error.tool_call_id or request.path_info not in EXECUTE_PATHS or request.method != "POST":
        return
    if error.status == 401 and not spans_of_strangers.take():
        metrics.observe(UNKNOWN_TOOL, error.layer, 0.0, error_type=error.code)
        return
    key = getattr(request, "api_key", None)
    caller = Caller(role=caller_role, api_key_name=key.name if key else "")
    await get_executor().refuse(error, requested=requested, caller=caller)
