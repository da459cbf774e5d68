"""A call answered by what is kept: a result, or a failure that is raised again."""

from pydantic_core import from_json

from telemetry.semconv import Outcome
from tools.cache.failures import unpack
from tools.calls.call import ToolCall, ToolResult
from tools.errors import DeadlineExceeded, ToolError


def given(call: ToolCall, value: bytes, how: str) -> ToolResult:
    """What is kept as *value*, as the result of *call*. Raises the failure that it may be."""
    failure = unpack(value)
    if failure is not None:
        failure.cache = how
        raise failure
    return ToolResult(
        tool=call.tool.name,
        tool_call_id=call.tool_call_id,
        # Read anew each time: whoever gets it may change it.
        result=from_json(value),
        outcome=Outcome.FROM_CACHE,
        encoded=value,
        cache=how,
    )


def shared(call: ToolCall, ending: ToolResult | ToolError) -> ToolResult:
    """How an equal call ended, as the result of *call*. Raises its error, as one of *call*'s own."""
    if isinstance(ending, ToolResult):
        return given(call, ending.encoded, "joined")
    error = _twin(ending)
    error.retry_count = 0
    error.cache = "joined"
    raise error from ending


def _twin(error: ToolError) -> ToolError:
    """Another error that says the same: each call writes its own id and counts on its error.

    Without its ``__init__``, which in a tool's own kind of error may want anything.
    """
    twin = type(error).__new__(type(error), *error.args)
    vars(twin).update(vars(error))
    return twin


def waited_too_long(call: ToolCall) -> DeadlineExceeded:
    """The equal call that ran already did not end in the time that *call* has: nobody is to blame."""
    error = DeadlineExceeded(
        f"{call.tool.name!r} did not answer in the time that the whole call has.",
        hint="give it a later deadline_s; it waited for an equal call that was running already",
    )
    error.blames_tool = False
    error.cache = "joined"
    return error
