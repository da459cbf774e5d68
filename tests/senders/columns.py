"""What each column should hold of the calls that the recorded applications make (``loopback.TURNS``)."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

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


# Of a call of a tool: whether the column is right.
OF_CALLS: dict[str, Callable[[str, Span], bool]] = {
    "tool": lambda call, row: (
        row.tool == ("explode" if call == RAISED else "find_order" if call == FAILED else "get_weather")
    ),
    "arguments": lambda call, row: _json(row.payload.arguments) == ARGUMENTS[call],
    "result": _result,
    "outcome": lambda call, row: row.outcome in OUTCOMES[call],
    "error type": _error_type,
    "message": _message,
    "call id": lambda call, row: row.tool_call_id == call,
    "session": lambda call, row: row.session_id == SESSION,
    "agent": lambda call, row: row.agent == AGENT,
}
# Of a call of a model.
OF_CHATS: dict[str, Callable[[Span], bool]] = {
    "provider": lambda row: row.provider in PROVIDERS,
    "model": lambda row: row.model in {*MODELS, UNPRICED},
    "tokens": lambda row: (row.input_tokens, row.output_tokens) == (120, 15),
    "cost": lambda row: row.cost_usd is None if row.model == UNPRICED else row.cost_usd in COSTS,
}
