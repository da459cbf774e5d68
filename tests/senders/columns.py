"""What each column should hold of the calls that the recorded applications make (``loopback.TURNS``)."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from telemetry.models import Span

SESSION, AGENT = "session-7", "weather_agent"
FINE, FAILED, REFUSED, RAISED = "call_0_0", "call_0_1", "call_1_0", "call_2_0"
ARGUMENTS = {
    FINE: {"city": "Oslo"},
    FAILED: {"order_id": "A-17"},
    REFUSED: {"town": 7},
    RAISED: {"reason": "a test"},
}
# By convention what a tool raises is its own fault; MCP's servers return it, as a result that is an error.
OUTCOMES = {
    FINE: {"first_try"},
    FAILED: {"returned_failure"},
    REFUSED: {"arguments"},
    RAISED: {"tool_bug", "returned_failure"},
}
WORDS = {FINE: "", FAILED: "Order A-17 not found", REFUSED: "city", RAISED: "the kiln is cold"}
UNTYPED = {"", "unknown", "Exception", "_OTHER"}
MODELS = {"gpt-4o-mini", "gpt-4o-mini-2024-07-18", "openai/gpt-4o-mini", "gemini-2.5-flash"}
# Of this model nobody knows a price; OpenLIT states a cost of 0 for it.
UNPRICED = "house-model-9"
PROVIDERS = {"openai", "gcp.gemini"}
COSTS = {Decimal("0.000027"), Decimal("0.0000735")}


def calls_of(rows: list[Span]) -> dict[str, list[Span]]:
    """The tool calls among *rows*, by the call of ``loopback.TURNS`` that they are of."""
    calls = sorted((row for row in rows if row.outcome), key=lambda row: (row.start_time, row.start_ns))
    weather = [row for row in calls if row.tool == "get_weather"]
    traces = {row.trace_id for row in weather}
    first = [row for row in weather if row.trace_id == weather[0].trace_id] if len(traces) > 1 else weather[:1]
    found = {
        FINE: first,
        FAILED: [row for row in calls if row.tool == "find_order"],
        REFUSED: [row for row in weather if row not in first],
        RAISED: [row for row in calls if row.tool not in ("get_weather", "find_order", "no_such_tool")],
    }
    return {call: of_call for call, of_call in found.items() if of_call}


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _result(call: str, row: Span) -> bool:
    said = row.payload.result
    if call == FINE:
        return _json(said) == {"city": "Oslo", "temperature_c": 21}
    return WORDS[call] in said if call == FAILED else True


def _error_type(call: str, row: Span) -> bool:
    return row.error_type == "" if call == FINE else row.error_type not in UNTYPED


def _message(call: str, row: Span) -> bool:
    if call == FINE:
        return row.error_message == ""
    return (
        WORDS[call] in row.error_message
        and "Traceback" not in row.error_message
        and "\n    at " not in row.error_message
    )


class Column(NamedTuple):
    """What a column holds of a row, and whether that is right."""

    of: Callable[[Span], Any]
    is_right: Callable[..., bool]

    def is_empty(self, row: Span) -> bool:
        """Whether nothing stands there: which is not right, but misleads nobody."""
        return self.of(row) in (None, "", (None, None))


# Of a call of a tool.
OF_CALLS: dict[str, Column] = {
    "tool": Column(
        lambda row: row.tool,
        lambda call, row: (
            row.tool == ("explode" if call == RAISED else "find_order" if call == FAILED else "get_weather")
        ),
    ),
    "arguments": Column(
        lambda row: row.payload.arguments, lambda call, row: _json(row.payload.arguments) == ARGUMENTS[call]
    ),
    "result": Column(lambda row: row.payload.result, _result),
    "outcome": Column(lambda row: row.outcome, lambda call, row: row.outcome in OUTCOMES[call]),
    "error type": Column(lambda row: row.error_type, _error_type),
    "message": Column(lambda row: row.error_message, _message),
    "call id": Column(lambda row: row.tool_call_id, lambda call, row: row.tool_call_id == call),
    "session": Column(lambda row: row.session_id, lambda call, row: row.session_id == SESSION),
    "agent": Column(lambda row: row.agent, lambda call, row: row.agent == AGENT),
}
# Of a call of a model.
OF_CHATS: dict[str, Column] = {
    "provider": Column(lambda row: row.provider, lambda row: row.provider in PROVIDERS),
    "model": Column(lambda row: row.model, lambda row: row.model in {*MODELS, UNPRICED}),
    "tokens": Column(
        lambda row: (row.input_tokens, row.output_tokens),
        lambda row: (row.input_tokens, row.output_tokens) == (120, 15),
    ),
    "cost": Column(
        lambda row: row.cost_usd,
        lambda row: row.cost_usd is None if row.model == UNPRICED else row.cost_usd in COSTS,
    ),
}
# What is neither right nor nothing, of each sender: it says so itself, or says too little to know. Anything else
# that is wrong is a fault of ours.
ODD: dict[str, set[tuple[str, str]]] = {
    # Of the only argument the value alone.
    "langchain_js": {("arguments", "Oslo"), ("arguments", "A-17"), ("arguments", "a test")},
    "langchain_openinference": {("arguments", "Oslo"), ("arguments", "A-17"), ("arguments", "a test")},
    # The words of the refusal are not on the span.
    "logfire": {("outcome", "tool_bug")},
    "mcp": {("outcome", "returned_failure")},
    "openlit": {("cost", "0.000027000")},  # of the model that answered, which has a price
    "traceloop_js": {("tool", "DynamicStructuredTool")},
}
# Whichever span it is on: what a column holds is one of these, or nothing.
_TOOLS = {"get_weather", "find_order", "explode", "no_such_tool"}
OF_ANY: dict[str, set[str]] = {
    "provider": PROVIDERS,
    "model": {*MODELS, UNPRICED},
    "session_id": {SESSION},
    "agent": {AGENT},
    "tool_call_id": {FINE, FAILED, REFUSED, RAISED},
    "tool": _TOOLS | {"DynamicStructuredTool"},
}
# A call of a tool, and what a server says of one that another span counts. No other span has a tool.
OF_TOOLS = ("execute_tool", "tools/call")


def odd_of(rows: list[Span], chats: list[Span]) -> set[tuple[str, str]]:
    """The columns and what stands in them of the *rows* of a sender that is neither right nor nothing."""
    told = [(call, row) for call, of_call in calls_of(rows).items() for row in of_call]
    return {
        (name, str(column.of(row)))
        for columns, cells in ((OF_CALLS, told), (OF_CHATS, [(row,) for row in chats]))
        for name, column in columns.items()
        for cell in cells
        if not column.is_right(*cell) and not column.is_empty(row := cell[-1])
    }


def junk_of(rows: list[Span]) -> set[tuple[str, str]]:
    """What the *rows* hold that no span of a sender should, whichever it is."""
    found = {
        (name, value)
        for row in rows
        for name, right in OF_ANY.items()
        if (value := getattr(row, name)) and value not in right
    }
    others = (row for row in rows if row.operation not in OF_TOOLS)
    return found | {("tool", row.tool or row.tool_call_id) for row in others if row.tool or row.tool_call_id}
