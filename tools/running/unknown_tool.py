"""What a call to a tool that does not exist runs into."""

from pydantic import BaseModel

from telemetry.semconv import UNKNOWN_TOOL
from tools.calls.call import Next, ToolCall, ToolResult
from tools.definition.policy import ToolPolicy
from tools.definition.registry import ToolRegistry
from tools.definition.schema import ModelSchema
from tools.definition.tool import ToolDefinition


def _nothing() -> None:
    """Stands for every tool that does not exist."""


# One definition for all unknown names, so that invented ones do not fill the rollups.
UNKNOWN = ToolDefinition(
    name=UNKNOWN_TOOL,
    function=_nothing,
    schema=ModelSchema(model=BaseModel, injected={}, description=_nothing.__doc__ or ""),
    policy=ToolPolicy(),
)


class Unknown:
    """Raises UnknownTool with the nearest names."""

    def __init__(self, registry: ToolRegistry) -> None:
        self._registry = registry

    async def __call__(self, call: ToolCall, call_next: Next) -> ToolResult:
        self._registry.get(call.requested)
        raise RuntimeError(f"{call.requested!r} was registered a moment ago: call it again.")
