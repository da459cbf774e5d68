"""A round's calls of tools: made side by side, and told to the model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tools.calls.call import ToolResult
from tools.calls.request import Request, caller_of
from tools.errors import ToolError
from tools.llm.calling.encoding import encoded
from tools.llm.running import UnreadableCall, literal
from tools.llm.transcript import Call, Result

if TYPE_CHECKING:
    from tools.running.executor import ToolExecutor


async def make(
    executor: "ToolExecutor", calls: Sequence[Call], request: Request
) -> list[tuple[Call, ToolResult | ToolError]]:
    """Each of *calls* with what it came to. What cannot be read is recorded as refused."""
    made = [call for call in calls if not call.problem]
    endings = await executor.execute_parallel([planned(call) for call in made], **request)
    by_id = dict(zip((call.call_id for call in made), endings, strict=True))
    for call in calls:
        if call.problem:
            error = UnreadableCall(call.problem)
            by_id[call.call_id] = await executor.refuse(
                error, requested=call.name, caller=caller_of(request), tool_call_id=call.call_id
            )
    return [(call, by_id[call.call_id]) for call in calls]


def planned(call: Call) -> dict[str, object]:
    return {
        "tool": call.name,
        "payload": literal(dict(call.arguments)),
        "tool_call_id": call.call_id,
        "repairs": call.repairs,
    }


def as_told(call: Call, ending: ToolResult | ToolError) -> Result:
    """What the model is told of a call: its result, or what was wrong and what to do about it."""
    if isinstance(ending, ToolResult):
        return Result(call.call_id, ending.encoded.decode())
    said = {"error": ending.detail, **({"hint": ending.hint} if ending.hint else {})}
    return Result(call.call_id, encoded(said).decode(), is_error=True)
