"""How a call ended, as bytes that can be kept and given again."""

import inspect

from pydantic_core import from_json, to_json

from telemetry.semconv import Outcome
from tools import errors
from tools.calls.call import ToolCall, ToolResult
from tools.errors import ToolError

MAX_BYTES = 1_000_000
RESULT, ERROR = b"R", b"E"
KINDS = {
    name: kind for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, ToolError)
}
BY_LAYER = {kind.layer: kind for kind in reversed(KINDS.values())}


class ResultNotKept(ToolError):
    """The call was made and succeeded; what it answered was too large to be kept."""

    code = "result_not_kept"
    layer = Outcome.RETURNED_FAILURE
    status = 422
    title = "The result was not kept"


def pack(ending: ToolResult | ToolError) -> bytes:
    """*ending* for ``unpack``. Of a result over 1 MB only that there was one is kept."""
    if isinstance(ending, ToolResult):
        if len(ending.encoded) <= MAX_BYTES:
            return RESULT + ending.encoded
        ending = ResultNotKept(f"The call succeeded; its result of {len(ending.encoded):,} bytes was not kept.")
    return ERROR + to_json([type(ending).__name__, ending.layer, ending.code, ending.detail, ending.hint])


def unpack(packed: bytes, call: ToolCall) -> ToolResult | ToolError:
    """The ending of an earlier call, as that of *call*."""
    if packed[:1] == RESULT:
        encoded = packed[1:]
        return ToolResult(
            tool=call.tool.name,
            tool_call_id=call.tool_call_id,
            result=from_json(encoded),
            outcome=Outcome.FROM_CACHE,
            encoded=encoded,
            replayed=True,
        )
    kind, layer, code, detail, hint = from_json(packed[1:])
    error = _kind(kind, layer)(detail, code=code, hint=hint, retryable=False)
    error.replayed = True
    return error


def _kind(name: str, layer: str) -> type[ToolError]:
    """The class of that name; else, for a tool's own kind, the plainest of its layer."""
    return ResultNotKept if name == ResultNotKept.__name__ else KINDS.get(name) or BY_LAYER[Outcome(layer)]
