"""What may be said with a call beside its tool and payload: the keywords of ``ToolExecutor.execute``."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypedDict

from tools.calls.call import Caller, LimitLeft, StatusCallback
from tools.calls.chosen import Chosen
from tools.calls.chunks import Stream


class Request(TypedDict, total=False):
    """All optional."""

    caller_role: str
    session_id: str  # groups calls; /ws/chat follows them
    caller_id: str  # who asks inside the application: limits of each caller count by it
    context: Mapping[str, str] | None  # provider, model, prompt_version, agent, and anything else to record
    status_callback: StatusCallback | None  # hears events as tools.notifications.events.tool_status makes them
    tool_call_id: str | None  # as a model gave it; made up where there is none
    api_key_name: str
    sender: str  # who sent the request ("key app", "user ana"): whom events of its session are for
    idempotency_key: str  # the same key again gets the ending of the first call
    repairs: Sequence[str]  # what reading the call from a text changed: tools.llm.parsing names it
    chosen: Chosen | None  # by which decision the tool was chosen, as tools.selection says it
    stream: Stream | None  # where chunks go; ToolExecutor.stream makes it
    on_limits: Callable[[Sequence[LimitLeft]], None] | None  # told what is left of limits, before the tool runs
    deadline_s: float | None  # the call may take no longer, if its tool's own deadline is later


def caller_of(request: Request) -> Caller:
    """Who asks, by *request*."""
    return Caller(
        role=request.get("caller_role", ""),
        session_id=request.get("session_id", ""),
        context=request.get("context") or {},
        api_key_name=request.get("api_key_name", ""),
        caller_id=request.get("caller_id", ""),
        sender=request.get("sender", ""),
    )
