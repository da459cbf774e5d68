"""A stage is a callable around the rest of the pipeline, like a Django middleware."""

from collections.abc import Sequence
from functools import partial
from typing import Protocol

from tools.calls.call import Next, ToolCall, ToolResult


class Stage(Protocol):
    """One step of the pipeline. May refuse (raise), answer itself, or pass on the call or a copy of it."""

    async def __call__(self, call: ToolCall, call_next: Next) -> ToolResult: ...


async def _end(call: ToolCall) -> ToolResult:
    raise RuntimeError("The last stage has to answer the call itself.")


def compose(stages: Sequence[Stage]) -> Next:
    """Wrap the stages around each other, the first being the outermost. Built once, used for every call."""
    chain: Next = _end
    for stage in reversed(stages):
        chain = partial(stage, call_next=chain)
    return chain
