"""Makes arguments of the payload, by the tool's schema."""

from dataclasses import replace

from opentelemetry import trace

from telemetry import semconv
from tools.calls.call import Next, ToolCall, ToolResult
from tools.definition.schemas.numbers import refuse_endless


class Validation:
    """Coerces what means the same (``"5"`` for 5), names each such repair on the span, refuses the rest."""

    async def __call__(self, call: ToolCall, call_next: Next) -> ToolResult:
        refuse_endless(call.payload)
        arguments, repairs = call.tool.schema.read(call.payload)
        if repairs:
            trace.get_current_span().set_attribute(semconv.REPAIRS, [*call.repairs, *repairs])
        return await call_next(replace(call, arguments=arguments))
