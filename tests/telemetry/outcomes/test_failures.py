"""Failures that tools return, in the wrappings that frameworks put around them, and results that only look so."""

import json
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from telemetry.outcomes import failures
from telemetry.semconv import Outcome
from telemetry.spans.finished import SpanFacts
from telemetry.spans.rows import row_from_facts
from telemetry.values import envelopes

SAID = "out of stock"
FAILED = {"success": False, "error": SAID}


def message(content, status="success", **more):
    return {"content": content, "tool_call_id": "call_1", "name": "crm", "status": status, **more}


def constructor(content, **more):
    return {"lc": 1, "type": "constructor", "id": ["ToolMessage"], "kwargs": message(content, **more)}


FAILURES = {
    "LangChain JS, a result": {"output": FAILED},
    "LangChain JS, a message": {"output": constructor(json.dumps(FAILED))},
    "LangChain JS, status error": {"output": constructor(SAID, status="error")},
    "OpenInference": {"type": "tool", "data": message(json.dumps(FAILED))},
    "LangSmith": {"output": message(json.dumps(FAILED))},
    "Traceloop": {"output": constructor(json.dumps(FAILED)), "kwargs": {"name": "crm"}},
    "JSON text in JSON text": json.dumps(FAILED),
    "twice": json.dumps(json.dumps(FAILED)),
    "Anthropic": {"type": "tool_result", "tool_use_id": "toolu_1", "is_error": True, "content": SAID},
    "Anthropic, among messages": [{"type": "tool_result", "tool_use_id": "t", "is_error": True, "content": SAID}],
    "Strands": {"status": "error", "content": [{"text": SAID}]},
    "Strands, a message": {"toolResult": {"toolUseId": "t", "status": "error", "content": [{"text": SAID}]}},
    "Mastra": {"error": True, "message": SAID},
    "Google's ADK": {"status": "error", "error_message": SAID},
    "MCP": {"isError": True, "content": [{"type": "text", "text": SAID}]},
    "MCP in Python": {"is_error": True, "content": [{"type": "text", "text": SAID}]},
    "MCP that does not know": {"content": [{"type": "text", "text": json.dumps(FAILED)}], "isError": False},
    "LangChain JS, without an id": {"output": {"lc": 1, "kwargs": {"status": "error", "content": SAID}}},
    "LangChain JS, without an id, named": {
        "output": {"lc": 1, "type": "constructor", "kwargs": {"status": "error", "content": SAID, "name": "crm"}}
    },
    "LangChain, neither an id nor a version": {"output": {"kwargs": {"status": "error", "content": SAID}}},
    "LangChain, named": {"output": {"kwargs": {"status": "error", "content": SAID, "name": "crm"}}},
    "OpenInference, without an id": {"type": "tool", "data": {"status": "error", "content": SAID, "name": "crm"}},
    "LangSmith, without an id": {"output": {"type": "tool", "status": "error", "content": SAID, "name": "crm"}},
    "blocks without an id": {"output": {"lc": 1, "kwargs": {"status": "error", "content": [{"text": SAID}]}}},
    "a result without an id": {"output": {"lc": 1, "kwargs": {"content": json.dumps(FAILED), "name": "crm"}}},
    "Python": repr({"error": True, "message": SAID}),
    "Python, of MCP": repr({"isError": True, "content": [{"type": "text", "text": SAID}]}),
    "Python, with what JSON has not": repr(
        {"success": False, "error": SAID, "at": datetime(2026, 11, 30, tzinfo=UTC), "n": Decimal(1), 7: (1,)}
    ),
    "Python in JSON text": json.dumps(repr({"is_error": True, "content": [{"text": SAID}]})),
    "Python in a message": {"output": message(repr(FAILED))},
    "a message of LangChain in Python": f"content={SAID!r} name='crm' tool_call_id='call_1' status='error'",
    "a message's repr": f"ToolMessage(content={SAID!r}, tool_call_id='call_1', status='error')",
    "a message's repr within": f"{{'output': ToolMessage(content={SAID!r}, tool_call_id='c', status='error')}}",
    "a result of MCP in Python": f"meta=None content=[TextContent(type='text', text={SAID!r})] isError=True",
    "a result's repr": f"CallToolResult(content=[TextContent(type='text', text={SAID!r})], isError=True)",
    "LangChain JS, with more": {"lc": 1, "kwargs": {"status": "error", "content": SAID, "lc_direct": True}},
    "JSON with NaN": '{"success": false, "error": "out of stock", "price": NaN}',
    "an error with a code": {"success": False, "error": {"code": 409, "message": SAID}},
}
FINE = {
    "a job that failed": {"status": "error", "job": "nightly", "finished_at": "2026-11-30"},
    "a log of a failure": {"status": "error", "message": "disk full", "host": "db-1"},
    "a failure in a list": {"items": [FAILED]},
    "no error": {"error": None, "items": []},
    "an error of 0": {"error": 0},
    "an error in words": {"error": "none", "temperature_c": 21},
    "a word": "the success of an error",
    "a message": {"output": constructor("all is well")},
    "a user's content": {"content": [{"type": "text", "text": "isError"}], "isError": False},
    "success in text": {"success": "false"},
    "a status alone": {"status": "error"},
    "arguments of a job": {"kwargs": {"status": "error", "job": "nightly", "content": "x"}},
    "an object of LangChain": {"output": {"lc": 1, "kwargs": {"page_content": "x", "status": "error"}}},
    "a tool": {"type": "tool", "name": "hammer", "status": "error-prone", "content": "x"},
    "Python": repr({"error": False, "message": "all is well"}),
    "Python, a failure in a list": repr({"items": [FAILED], "error": None}),
    "a result of MCP": "meta=None content=[TextContent(type='text', text='no error')] isError=False",
    "a line of a log": "content=x status=error isError=True",
    "a sentence": "content='error', says the log",
    "Python, words": "{'error': True} is what it says where it fails",
    "a list of Python": repr(["error", True]),
}


def call(result, status=1, **attributes):
    facts = SpanFacts(
        trace_id=1, span_id=1, name="execute_tool crm", start_ns=10**18, end_ns=10**18, status=status,
        attributes={"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.result": result, **attributes},
    )  # fmt: skip
    return row_from_facts(facts, 10_000)


@pytest.mark.parametrize("as_sent", [json.dumps, lambda result: result], ids=["text", "structure"])
@pytest.mark.parametrize("result", FAILURES.values(), ids=FAILURES)
def test_a_failure_is_found_in_its_wrapping(result, as_sent):
    row = call(as_sent(result))
    assert (row.outcome, row.error_type, row.status) == (Outcome.RETURNED_FAILURE, "tool_error", 2)
    assert row.error_message == SAID


@pytest.mark.parametrize("result", FINE.values(), ids=FINE)
def test_a_result_with_words_of_failure_among_its_data_is_fine(result):
    assert failures.returned_failure(json.dumps(result)) is None
    assert call(json.dumps(result)).outcome == Outcome.FIRST_TRY


@pytest.mark.parametrize("error_type", ["", "_OTHER", "tool_error", "ToolError"])
def test_the_result_decides_before_the_status(error_type):
    row = call('{"isError": true, "content": []}', status=2, **({"error.type": error_type} if error_type else {}))
    assert row.outcome == Outcome.RETURNED_FAILURE


def test_what_was_raised_decides_where_the_result_does_not_tell():
    assert call("Error: the kiln is cold", status=2, **{"error.type": "TimeoutError"}).outcome == Outcome.TIMEOUT
    assert call('{"error": "why"}', status=2, **{"error.type": "TimeoutError"}).outcome == Outcome.TIMEOUT


def test_the_words_of_a_result_are_the_message_of_a_span_that_only_says_it_failed():
    row = call('{"error": "the shop is shut"}', status=2, **{"error.type": "TOOL_ERROR"})
    assert (row.outcome, row.error_message) == (Outcome.RETURNED_FAILURE, "the shop is shut")
    assert call('{"error": "the shop is shut"}').outcome == Outcome.FIRST_TRY


REFUSALS = [
    "Tool input validation failed for get_weather. Please fix the following errors",
    "Error invoking tool 'crm' with kwargs {'id': 7} with error:\n id: Field required",
    "2 validation errors for call[crm]\ncity\n  Missing required argument",
    "Error executing tool crm: 1 validation error for crmArguments",
    "Input validation error: 'city' is a required property",
    "MCP error -32602: Invalid arguments for tool crm",
    "MCP error -32602: Input validation error: Invalid arguments for tool crm: [{}]",
    "McpError: MCP error -32602: Input validation error: 'city' is a required property",
    "Received tool input did not match expected schema",
    "Error: Received tool input did not match expected schema\n✖ Invalid input",
    "ToolInputParsingException: Received tool input did not match expected schema",
    "InputValidationError: Read failed due to the following issue",
    "AI_InvalidToolInputError: Invalid input for tool crm: JSON parsing failed",
    "Error: Validation failed for input parameters: 1 validation error for CrmTool",
    "Invoking `crm()` failed as the following mandatory input parameters are not present:\ncity",
]


@pytest.mark.parametrize("said", REFUSALS)
def test_arguments_that_a_framework_refused_are_the_models(said):
    assert call(json.dumps({"error": True, "message": said})).outcome == Outcome.ARGUMENTS
    in_mcp = {"isError": True, "content": [{"type": "text", "text": said}]}
    assert call(json.dumps(in_mcp)).outcome == Outcome.ARGUMENTS
    assert call(said, status=2, **{"error.type": "tool_error", "error.message": said}).outcome == Outcome.ARGUMENTS


@pytest.mark.parametrize(
    "said",
    [
        *("the order's validation failed", "no such customer", "Invalid for 3 days"),
        *("MCP error -32602: Tool crm not found", "the customer's InputValidationError: see the log"),
        "We received tool input late",
    ],
)
def test_a_failure_that_speaks_of_validation_is_still_one_of_the_tool(said):
    assert call(json.dumps({"success": False, "error": said})).outcome == Outcome.RETURNED_FAILURE


@pytest.mark.parametrize(
    "wrapped",
    [
        {"output": constructor('{"name": "Jane"}')},
        {"type": "tool", "data": message('{"name": "Jane"}', artifact=None)},
        {"output": message([{"type": "text", "text": '{"name": "Jane"}'}])},
        {"type": "tool_result", "tool_use_id": "call_1", "content": '{"name": "Jane"}'},
        """content='{"name": "Jane"}' name='crm' tool_call_id='call_1' artifact=None""",
    ],
    ids=["LangChain JS", "OpenInference", "blocks", "Anthropic", "LangChain in Python"],
)
def test_a_result_is_stored_without_the_message_that_carried_it(wrapped):
    row = call(wrapped if isinstance(wrapped, str) else json.dumps(wrapped))
    assert (row.result, row.tool_call_id, row.outcome) == ('{"name": "Jane"}', "call_1", Outcome.FIRST_TRY)


@pytest.mark.parametrize(
    "result",
    [
        '{"output": {"name": "Jane"}}',
        '[{"text": "one error"}]',
        '"sunny"',
        json.dumps({"type": "tool", "data": message("a chart", artifact={"png": "…"})}),
        "content='a chart' tool_call_id='call_1' artifact={'png': '…'}",
        "content='cut off tool_call_id='call_1'",
        "{" * 100 + '"success"',
        '{"success": true, "n": NaN}',
    ],
)
def test_what_is_no_message_or_says_more_is_stored_as_it_was_sent(result):
    assert call(result).result == result


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ('{"args":["{\\"id\\":1}"]}', '{"id":1}'),
        ('{"input_str": "{\'id\': 1}", "tags": [], "metadata": {}, "inputs": {"id": 1}, "kwargs": {}}', {"id": 1}),
        ('{"input_str": "one", "inputs": null}', "one"),
        ('{"args": [], "sanitize_inputs_outputs": true, "kwargs": {"id": 1}}', {"id": 1}),
        ('{"args":["a"],"cwd":"/"}', '{"args":["a"],"cwd":"/"}'),
        ('{"input_str": "mine", "id": 1}', '{"input_str": "mine", "id": 1}'),
        ('{"args": [1], "kwargs": {}}', '{"args": [1], "kwargs": {}}'),
        (None, None),
    ],
)
def test_arguments_are_taken_out_of_their_wrapping_alone(sent, stored):
    assert envelopes.arguments(sent) == stored


LONG = "x" * 70_000
SECRET = "sk-live-4eC39HqLyjWDarjtT1zdp7dc"
LONG_FAILURES = {
    "the last key": json.dumps({"text": LONG, "success": False, "error": SAID}),
    "the last key of MCP": json.dumps({"content": [{"type": "text", "text": SAID}], "log": LONG, "isError": True}),
    "in the middle": json.dumps({"before": LONG, "success": False, "error": SAID, "after": LONG}),
    "of many": json.dumps({"items": [{"id": n} for n in range(9_000)], "success": False, "error": SAID}),
    "in a message": json.dumps({"output": message(json.dumps({"text": LONG, **FAILED}))}),
    "by the status of a message": json.dumps(
        {"output": {"lc": 1, "kwargs": message(SAID, id=LONG, status="error")}}
    ),
    "Python": repr({"text": LONG, "error": True, "message": SAID}),
    "a megabyte": json.dumps({"text": LONG * 15, "success": False, "error": SAID}),
}


@pytest.mark.parametrize("result", LONG_FAILURES.values(), ids=LONG_FAILURES)
def test_a_failure_is_found_however_long_the_result_is(result):
    row = call(result)
    assert (row.outcome, row.error_message) == (Outcome.RETURNED_FAILURE, SAID)
    assert len(row.result) <= 10_000


def test_a_long_result_in_an_event_tells_of_a_failure_too():
    facts = SpanFacts(
        trace_id=1, span_id=1, name="execute_tool crm", start_ns=10**18, end_ns=10**18,
        attributes={"gen_ai.operation.name": "execute_tool"},
        events=[("gen_ai.choice", 10**18, {"message": LONG_FAILURES["the last key"]})],
    )  # fmt: skip
    assert row_from_facts(facts, 10_000).outcome == Outcome.RETURNED_FAILURE


@pytest.mark.parametrize(
    "result",
    [
        json.dumps({"text": LONG, "success": True}),
        json.dumps({"text": LONG + '"success": false}', "items": [FAILED]}),
        json.dumps({"text": '", "isError": true}' * 9_000}),
        LONG + '", "success": false}',
    ],
    ids=["success", "nested", "in text", "no JSON"],
)
def test_a_long_result_that_tells_of_none_is_fine(result):
    assert call(result).outcome == Outcome.FIRST_TRY


def test_what_is_read_of_the_middle_of_a_long_result_is_stored_without_secrets():
    failed = {"success": False, "error": f"Authorization: Bearer {SECRET} was refused"}
    plain = call(json.dumps(failed))
    told = call(json.dumps({"before": LONG, **failed, "after": LONG}))
    assert told.error_message == plain.error_message
    carried = call(json.dumps({"output": message(f"{LONG}\nAuthorization: Bearer {SECRET}\n" + "y" * 100)}))
    assert carried.tool_call_id == "call_1"
    for row in (plain, told, carried):
        assert SECRET not in row.error_message + row.result + str(row.attributes)


@pytest.mark.parametrize(
    "result",
    [
        "{'error': " * 100_000,
        "{'error': [" + "1, " * 500_000,
        "{'error': '" + "\\'" * 500_000,
        "{'error'" + " " * 1_000_000,
        "content=" * 100_000 + "error",
        "ToolMessage(error=" + "a(b=" * 100_000,
        '{"error": ' + "[" * 1_000_000,
        "{'error': '" + "x" * 2_000_000 + "'}",
    ],
    ids=lambda result: result[:12],
)
def test_no_result_takes_long_to_read(result):
    started = time.process_time()
    assert failures.returned_failure(result) is None
    assert time.process_time() - started < 0.5
