"""Running what a model wrote, over REST."""

import json
from typing import Any

import pytest

from telemetry import semconv
from tools import tool

PATH = "/api/v1/tools/execute_text"
DOUBLE = '<tool_call>{"name": "double", "arguments": {"number": %s}}</tool_call>'


async def send(api, text, **more):
    return await api.post(PATH, {"text": text, **more})


async def test_the_calls_of_a_text_are_run_and_the_rest_is_left_for_people(api):
    response = await send(api, f"Let me see. {DOUBLE % 2} {DOUBLE % 3} One moment.")
    assert response.status_code == 200
    answered = response.json()
    assert [result["result"] for result in answered["results"]] == [4, 6]
    assert [call["arguments"] for call in answered["calls"]] == [{"number": 2}, {"number": 3}]
    assert [call["call_id"] for call in answered["calls"]] == [one["tool_call_id"] for one in answered["results"]]
    assert answered["text"] == "Let me see.  One moment."
    assert answered["problems"] == []


async def test_repairs_of_parsing_and_of_coercion_stand_on_the_span(api, spans):
    await send(api, "<tool_call>{'name': 'double', 'arguments': {'number': '4',}}</tool_call>")
    (span,) = spans.get_finished_spans()
    assert list(span.attributes[semconv.REPAIRS]) == [
        "parsing: single quotes read as double",
        "parsing: trailing comma dropped",
        "number: a string read as a number",
    ]


async def test_repairs_of_parsing_stand_on_the_span_of_a_refused_call_too(api, spans):
    await send(api, "{'name': 'double', 'arguments': {'wrong': 1}}")
    (span,) = spans.get_finished_spans()
    assert span.attributes[semconv.OUTCOME] == "arguments"
    assert list(span.attributes[semconv.REPAIRS]) == ["parsing: single quotes read as double"]


async def test_a_truncated_text_is_recorded_as_a_failure_of_its_arguments(api, spans):
    response = await send(api, '{"name": "double", "arguments": {"number": 4', caller_role="coach")
    problem = response.json()
    assert (response.status_code, problem["code"], problem["layer"]) == (400, "call_truncated", "arguments")
    assert "send the whole call again" in problem["detail"]
    (span,) = spans.get_finished_spans()
    assert span.attributes[semconv.TOOL_CALL_ID] == problem["tool_call_id"]
    assert '\\"number\\": 4' in span.attributes[semconv.TOOL_CALL_ARGUMENTS]
    assert span.attributes[semconv.CALLER_ROLE] == "coach"


async def test_a_call_that_can_be_read_runs_beside_one_that_cannot(api, spans):
    answered = (await send(api, f'{DOUBLE % 2} <tool_call>{{"name": "double", "arguments": {{oops}}}}')).json()
    assert [result["result"] for result in answered["results"]] == [4]
    (problem,) = answered["problems"]
    assert problem["kind"] == "malformed"
    outcomes = {
        s.attributes[semconv.TOOL_CALL_ID]: s.attributes[semconv.OUTCOME] for s in spans.get_finished_spans()
    }
    assert outcomes[problem["tool_call_id"]] == "arguments"


async def test_an_invented_tool_is_refused_with_the_nearest_name(api, spans):
    response = await send(api, '{"name": "doubled", "arguments": {"number": 2}}')
    assert (response.status_code, response.json()["code"]) == (404, "unknown_tool")
    assert "Did you mean 'double'?" in response.json()["detail"]
    (span,) = spans.get_finished_spans()
    assert span.attributes[semconv.TOOL_REQUESTED] == "doubled"


async def test_prose_is_answered_as_it_is_and_leaves_no_span(api, spans):
    answered = (await send(api, "I need no tool for that.")).json()
    assert answered == {"calls": [], "results": [], "problems": [], "text": "I need no tool for that."}
    assert not spans.get_finished_spans()


async def test_a_providers_message_may_be_sent_as_it_came(api):
    function = {"name": "double", "arguments": json.dumps({"number": 5})}
    message = {"role": "assistant", "content": None, "tool_calls": [{"id": "call_9", "function": function}]}
    answered = (await send(api, message)).json()
    assert answered["calls"][0]["original_id"] == "call_9"
    assert answered["results"][0]["result"] == 10


@tool
async def echo(value: Any) -> Any:
    """Answers what it is given."""
    return value


async def test_what_a_model_writes_as_a_reference_is_an_argument_like_any_other(api, executor):
    executor.registry.register(echo)
    echoed = {"$ref": "somewhere.else", "$$ref": [{"$ref": "x"}]}
    text = json.dumps({"name": "echo", "arguments": {"value": {"$ref": "a.b"}}})
    assert (await send(api, text)).json()["results"][0]["result"] == {"$ref": "a.b"}
    text = json.dumps({"name": "echo", "arguments": {"value": [echoed, {"$$ref": {"$ref": 1}}]}})
    assert (await send(api, text)).json()["results"][0]["result"] == [echoed, {"$$ref": {"$ref": 1}}]


@pytest.mark.parametrize("body", [{}, {"text": None}, {"text": "a", "texts": 1}])
async def test_a_body_that_does_not_fit_is_refused_and_recorded(api, spans, body):
    response = await api.post(PATH, body)
    assert (response.status_code, response.json()["layer"]) == (400, "arguments")
    assert len(spans.get_finished_spans()) == 1


async def test_an_empty_body_is_answered_with_an_example_of_this_address(api):
    response = await api.post(PATH, b"")
    assert '"text"' in response.json()["hint"]


async def test_the_role_of_the_key_holds_for_calls_in_texts(api_as):
    text = '{"name": "double", "arguments": {"number": 1}}'
    refused = await api_as("sb_reader").post(PATH, {"text": text})
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")
    asked = await api_as("sb_execute").post(PATH, {"text": text, "caller_role": "rag"})
    assert asked.json()["results"][0]["layer"] == "authorization"
