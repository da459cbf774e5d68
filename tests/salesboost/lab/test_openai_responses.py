"""OpenAI's Responses API, whole and streamed, as clients meet it."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from salesboost.lab import Lab, Reply, ToolUse
from tests.salesboost.lab.wires import ARGUMENTS, QUESTION, TOOL, ask, events, running

FLAT = {"type": "function", **TOOL["function"]}  # type: ignore[dict-item]
INCLUDE = {"store": False, "include": ["reasoning.encrypted_content"]}
BODY: dict[str, Any] = {"model": "gpt-6-sol", "input": QUESTION, "tools": [FLAT]}
PATH = "/responses"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running() as running_lab:
        yield running_lab


def output(lab: Lab, **changes: Any) -> list[dict[str, Any]]:
    response = ask(lab, "openai", {**BODY, **changes}, PATH)
    assert response.status_code == 200, response.text
    return list(response.json()["output"])


def result(call: dict[str, Any]) -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": call["call_id"], "output": "Sunny"}


def test_an_answer_holds_what_was_thought_and_called(lab: Lab) -> None:
    made = ask(lab, "openai", {**BODY, **INCLUDE}, PATH).json()
    thought, call = made["output"]
    assert (made["object"], made["status"], made["store"]) == ("response", "completed", False)
    assert made["id"].startswith("resp_") and thought["id"].startswith("rs_") and call["id"].startswith("fc_")
    assert call["call_id"].startswith("call_") and json.loads(call["arguments"]) == ARGUMENTS
    assert thought["encrypted_content"].startswith("gAAAAA")
    assert made["usage"]["output_tokens_details"]["reasoning_tokens"] > 0


def test_what_was_thought_is_closed_only_if_asked(lab: Lab) -> None:
    assert "encrypted_content" not in output(lab)[0]
    assert output(lab, reasoning={"summary": "auto"})[0]["summary"][0]["type"] == "summary_text"


def test_a_model_that_does_not_think_has_no_reasoning_item(lab: Lab) -> None:
    assert [item["type"] for item in output(lab, model="gpt-4.1")] == ["function_call"]
    assert [item["type"] for item in output(lab, reasoning={"effort": "none"})] == ["function_call"]


def test_a_stream_numbers_its_events(lab: Lab) -> None:
    lab.say(Reply(text="It is sunny in Paris."))
    body = {**BODY, "stream": True, "reasoning": {"summary": "auto"}}
    made = events(ask(lab, "openai", body, PATH))
    assert all(name == data["type"] for name, data in made)
    assert [data["sequence_number"] for _, data in made] == list(range(len(made)))
    names = list(dict.fromkeys(name.removeprefix("response.") for name, _ in made))
    assert names == [
        "created",
        "in_progress",
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "completed",
    ]
    deltas = "".join(data["delta"] for name, data in made if name == "response.output_text.delta")
    assert deltas == "It is sunny in Paris." == made[-1][1]["response"]["output"][1]["content"][0]["text"]


def test_a_call_streams_its_arguments(lab: Lab) -> None:
    made = events(ask(lab, "openai", {**BODY, "stream": True}, PATH))
    deltas = [data["delta"] for name, data in made if name == "response.function_call_arguments.delta"]
    (done,) = [data for name, data in made if name == "response.function_call_arguments.done"]
    assert len(deltas) > 1 and "".join(deltas) == done["arguments"]
    assert done["name"] == "get_weather" and json.loads(done["arguments"]) == ARGUMENTS


def test_openais_own_client_goes_round_a_whole_loop(lab: Lab) -> None:
    client = openai.OpenAI(base_url=lab.url("openai"), api_key="lab", max_retries=0)
    asked: dict[str, Any] = {"model": "gpt-6-sol", "tools": [FLAT], **INCLUDE}
    first = client.responses.create(input=QUESTION, **asked)  # type: ignore[call-overload]
    items = [*QUESTION, *(item.model_dump(exclude_none=True) for item in first.output)]
    items.append(result(items[-1]))
    second = client.responses.create(input=items, **asked)
    assert second.output_text == "Here is what I found: Sunny"
    with client.responses.stream(input=QUESTION, **asked) as stream:
        final = stream.get_final_response()
    assert json.loads(final.output[1].arguments) == ARGUMENTS


def test_stored_items_are_known_again(lab: Lab) -> None:
    thought, call = output(lab)
    again = output(lab, input=[*QUESTION, thought, call, result(call)])
    assert again[1]["content"][0]["text"] == "Here is what I found: Sunny"


def test_a_call_without_an_id_needs_no_reasoning(lab: Lab) -> None:
    call = {key: value for key, value in output(lab)[1].items() if key != "id"}
    assert output(lab, input=[*QUESTION, call, result(call)])


def test_results_may_be_in_parts(lab: Lab) -> None:
    lab.say(Reply(calls=[ToolUse("get_weather", {}), ToolUse("get_weather", {})]))
    thought, *calls = output(lab)
    results = [{**result(call), "output": [{"type": "input_text", "text": "Rain"}]} for call in calls]
    again = output(lab, input=[*QUESTION, thought, *calls, *results])
    assert again[1]["content"][0]["text"] == "Here is what I found: Rain; Rain"


def test_a_cut_answer_is_incomplete(lab: Lab) -> None:
    lab.say(Reply(text="word " * 50))
    made = ask(lab, "openai", {**BODY, "max_output_tokens": 5}, PATH).json()
    assert (made["status"], made["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})


def refused(lab: Lab, **changes: Any) -> tuple[int, str | None, str]:
    response = ask(lab, "openai", {**BODY, **changes}, PATH)
    error = response.json()["error"]
    assert error["type"] == "invalid_request_error"
    return response.status_code, error["code"], error["message"]


def test_what_was_thought_needs_what_it_was_thought_for(lab: Lab) -> None:
    thought, call = output(lab)
    status, _, words = refused(lab, input=[*QUESTION, thought])
    assert status == 400 and "without its required following item" in words
    status, _, words = refused(lab, input=[*QUESTION, call, result(call)])
    assert status == 400 and f"without its required 'reasoning' item: '{thought['id']}'" in words


def test_what_was_not_stored_is_not_found(lab: Lab) -> None:
    thought, call = output(lab, store=False)
    status, code, words = refused(lab, input=[*QUESTION, thought, call, result(call)])
    assert (status, code) == (404, None) and f"Item with id '{thought['id']}' not found" in words
    status, _, words = refused(lab, input=[{"type": "item_reference", "id": thought["id"]}])
    assert status == 404


def test_closed_thoughts_are_of_one_model(lab: Lab) -> None:
    thought, call = output(lab, **INCLUDE)
    for model, seal in (("gpt-6-luna", thought["encrypted_content"]), ("gpt-6-sol", "gAAAAAother")):
        items = [*QUESTION, {**thought, "encrypted_content": seal}, call, result(call)]
        assert refused(lab, input=items, model=model)[:2] == (400, "invalid_encrypted_content")


CALL = {"type": "function_call", "call_id": "call_1", "name": "get_weather", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": ""}
REFUSED: dict[str, tuple[dict[str, Any], str | None, str]] = {
    "no input": ({"input": None}, "missing_required_parameter", "'input'"),
    "empty input": ({"input": []}, "empty_array", "'input'"),
    "role": ({"input": [{"role": "tool", "content": ""}]}, "invalid_value", "'tool'"),
    "kind": ({"input": [{"type": "tool_use"}]}, "invalid_value", "'tool_use'"),
    "call without output": ({"input": [CALL]}, None, "No tool output found for function call call_1."),
    "output without call": ({"input": [OUTPUT]}, None, "function call output with call_id call_1."),
    "two outputs": ({"input": [CALL, OUTPUT, OUTPUT]}, None, "No tool call found"),
    "two calls": ({"input": [CALL, CALL, OUTPUT]}, None, "Duplicate"),
    "arguments": ({"input": [{**CALL, "arguments": {}}, OUTPUT]}, "invalid_type", "got an object"),
    "name": ({"input": [{**CALL, "name": "a.b"}, OUTPUT]}, "invalid_value", "pattern"),
    "tool of the chat": ({"tools": [TOOL]}, "missing_required_parameter", "'tools[0].name'"),
    "answer not strict": (
        {"text": {"format": {"type": "json_schema", "name": "a", "strict": True, "schema": {"type": "object"}}}},
        None,
        "'additionalProperties'",
    ),
    "choice of no tool": ({"tool_choice": {"type": "function", "name": "x"}}, None, "no function named 'x'"),
    "messages": ({"messages": QUESTION}, "unsupported_parameter", "moved to 'input'"),
    "effort of the chat": ({"reasoning_effort": "low"}, "unsupported_parameter", "moved to 'reasoning.effort'"),
    "most of the chat": ({"max_tokens": 5}, "unsupported_parameter", "moved to 'max_output_tokens'"),
    "effort": ({"reasoning": {"effort": "wild"}}, "unsupported_value", "'wild'"),
    "temperature": ({"temperature": 0}, "unsupported_value", "temperature"),
    "previous": ({"previous_response_id": "resp_1"}, "previous_response_not_found", "'resp_1'"),
    "no model": ({"model": None}, "missing_required_parameter", "'model'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_responses_api_refuses_is_refused(lab: Lab, name: str) -> None:
    change, code, words = REFUSED[name]
    status, found, message = refused(lab, **change)
    assert (status, found) == (400, code) and words in message


def test_the_choice_of_tools_is_kept(lab: Lab) -> None:
    named = {"type": "function", "name": "get_weather"}
    for choice, kind in (("required", "function_call"), (named, "function_call"), ("none", "message")):
        assert output(lab, input="Hi", tool_choice=choice)[1]["type"] == kind


def test_faults_of_what_is_said_reach_this_interface_too(lab: Lab) -> None:
    def faulty(name: str) -> list[dict[str, Any]]:
        return list(ask(lab, "openai", BODY, PATH, fault=name).json()["output"])

    assert faulty("trailing_comma")[1]["arguments"].endswith(",}")
    assert [one["call_id"] for one in faulty("duplicate_ids")[1:]] == ["call_1", "call_1"]
    assert "pythonic" and faulty("pythonic")[1]["type"] == "message"
    cut = ask(lab, "openai", BODY, PATH, fault="cut_arguments").json()
    assert (cut["status"], cut["output"][1]["status"]) == ("incomplete", "incomplete")


def test_a_stream_fails_in_three_ways(lab: Lab) -> None:
    body = {**BODY, "stream": True}
    overloaded = events(ask(lab, "openai", body, PATH, fault="overloaded_stream"))[-1]
    assert overloaded[0] == "error" and overloaded[1]["code"] == "server_is_overloaded"
    assert overloaded[1]["sequence_number"] == 3
    failed = events(ask(lab, "openai", body, PATH, fault="failed_response"))[-1]
    assert failed[0] == "response.failed" and failed[1]["response"]["error"]["code"] == "server_error"
    assert events(ask(lab, "openai", body, PATH, fault="uncompleted_stream"))[-1][0] == "response.output_item.done"


def test_a_whole_answer_may_have_failed(lab: Lab) -> None:
    made = ask(lab, "openai", BODY, PATH, fault="failed_response").json()
    assert (made["status"], made["output"], made["error"]["code"]) == ("failed", [], "server_error")


def test_faults_of_the_chats_form_leave_it_alone(lab: Lab) -> None:
    for name in ("empty_id", "no_choices"):
        assert ask(lab, "openai", BODY, PATH, fault=name).json()["output"]
