"""OpenAI's Chat Completions, whole and streamed, as clients meet them."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from salesboost.lab import Lab, Reply, ToolUse
from tests.salesboost.lab.wires import (
    ARGUMENTS,
    CHAT,
    CLIENT,
    QUESTION,
    TOOL,
    ask,
    both,
    chunks,
    events,
    running,
)

BODY = {"model": "gpt-6-sol", "messages": QUESTION, "tools": [TOOL], "reasoning_effort": "none"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
USER, CALLED = QUESTION[0], {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "call_1", "content": "Sunny"}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running() as running_lab:
        yield running_lab


@pytest.fixture
def client(lab: Lab) -> openai.OpenAI:
    return openai.OpenAI(base_url=lab.url("openai"), api_key="lab", max_retries=0)


def test_an_answer_has_what_openai_says(lab: Lab) -> None:
    made = ask(lab, "openai", {"model": "gpt-6-sol", "messages": [{"role": "user", "content": "Hi"}]}).json()
    assert made["id"].startswith("chatcmpl-")
    assert made["system_fingerprint"].startswith("fp_")
    assert made["choices"][0]["message"]["content"] == "You said: Hi"
    usage = made["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["completion_tokens_details"]["reasoning_tokens"] > 0


def test_a_stream_begins_with_a_role_and_ends_with_done(lab: Lab) -> None:
    response = ask(lab, "openai", {**BODY, "stream": True, "stream_options": {"include_usage": True}})
    made = chunks(response)
    assert events(response)[-1] == ("", "[DONE]")
    assert made[0]["choices"][0]["delta"]["role"] == "assistant"
    first = made[1]["choices"][0]["delta"]["tool_calls"][0]
    assert (first["index"], first["function"]) == (0, {"name": "get_weather", "arguments": ""})
    assert made[-2]["choices"][0]["finish_reason"] == "tool_calls"
    assert made[-1]["choices"] == [] and made[-1]["usage"]["total_tokens"] > 0
    assert all(chunk["usage"] is None for chunk in made[:-1])


def test_a_stream_tells_counts_only_if_asked(lab: Lab) -> None:
    assert not any("usage" in chunk for chunk in chunks(ask(lab, "openai", {**BODY, "stream": True})))


def test_whole_and_streamed_calls_are_the_same(lab: Lab) -> None:
    for choice in both(lab, "openai", BODY):
        (call,) = choice["message"]["tool_calls"]
        assert call["id"].startswith("call_")
        assert json.loads(call["function"]["arguments"]) == ARGUMENTS


def test_openais_own_client_goes_round_a_whole_loop(client: openai.OpenAI) -> None:
    asked: dict[str, Any] = {"model": "gpt-6-sol", "tools": [TOOL], "reasoning_effort": "none"}
    first = client.chat.completions.create(messages=QUESTION, **asked).choices[0].message  # type: ignore[call-overload]
    result = {"role": "tool", "tool_call_id": first.tool_calls[0].id, "content": "Sunny"}
    messages = [*QUESTION, first.model_dump(exclude_none=True), result]
    second = client.chat.completions.create(messages=messages, **asked)  # type: ignore[call-overload]
    assert second.choices[0].message.content == "Here is what I found: Sunny"
    with client.chat.completions.stream(messages=QUESTION, **asked) as stream:
        (call,) = stream.get_final_completion().choices[0].message.tool_calls or ()
    assert json.loads(call.function.arguments) == ARGUMENTS


def test_the_choice_of_tools_is_kept(lab: Lab) -> None:
    hi = {**BODY, "messages": [{"role": "user", "content": "Hi"}]}
    named = {"type": "function", "function": {"name": "get_weather"}}
    allowed = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [named]}}
    for choice, calls in (("required", True), (named, True), (allowed, True), ("none", False), ("auto", False)):
        found = ask(lab, "openai", {**hi, "tool_choice": choice}).json()["choices"][0]
        assert bool(found["message"].get("tool_calls")) == calls, choice


def test_a_text_longer_than_allowed_is_cut(lab: Lab) -> None:
    lab.say(Reply(text="word " * 50))
    choice = ask(lab, "openai", {**BODY, "max_completion_tokens": 5}).json()["choices"][0]
    assert choice["finish_reason"] == "length" and len(choice["message"]["content"]) == 20


def test_two_calls_of_one_answer_have_two_ids(lab: Lab) -> None:
    lab.say(Reply(calls=[ToolUse("get_weather", {}), ToolUse("get_weather", {})]))
    calls = ask(lab, "openai", BODY).json()["choices"][0]["message"]["tool_calls"]
    assert calls[0]["id"] != calls[1]["id"]


def strict(**parameters: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, **parameters}
    return {"tools": [{"type": "function", "function": {"name": "a", "strict": True, "parameters": schema}}]}


def call(**changes: Any) -> dict[str, Any]:
    inner = {**CALL["function"], **changes.pop("function", {})}  # type: ignore[dict-item]
    return {"role": "assistant", "tool_calls": [{**CALL, **changes, "function": inner}]}


LOOSE = {"name": "a", "strict": True, "schema": {"type": "object", "properties": {}}}
TOOL_NAMED = {"tools": [{"type": "function", "function": {"name": "a.b", "parameters": {}}}]}
REFUSED: dict[str, tuple[dict[str, Any], str | None, str]] = {
    "no messages": ({"messages": []}, "empty_array", "empty array"),
    "messages missing": ({"messages": None}, "missing_required_parameter", "'messages'"),
    "role": ({"messages": [{"role": "robot", "content": ""}]}, "invalid_value", "'robot'"),
    "no content": ({"messages": [{"role": "assistant", "content": None}]}, None, "got null"),
    "result without call": ({"messages": [USER, RESULT]}, None, "must be a response to a prec"),
    "call without result": ({"messages": [USER, CALLED]}, None, "did not have response messages: call_1"),
    "call without result, then text": ({"messages": [USER, CALLED, USER]}, None, "messages: call_1"),
    "two results": ({"messages": [USER, CALLED, RESULT, RESULT]}, None, "'tool_call_id' of 'call_1'"),
    "two ids": (
        {"messages": [USER, {**CALLED, "tool_calls": [CALL, CALL]}, RESULT]},
        None,
        "Duplicate value for 'tool_call_id' of 'call_1'",
    ),
    "name of a call": ({"messages": [USER, call(function={"name": "a.b"}), RESULT]}, "invalid_value", "pattern"),
    "object": ({"messages": [USER, call(function={"arguments": {}}), RESULT]}, "invalid_type", "got an object"),
    "long id": ({"messages": [USER, call(id="c" * 41), RESULT]}, "string_above_max_length", "length 41"),
    "no tools": ({"tools": []}, "empty_array", "'tools'"),
    "name of a tool": (TOOL_NAMED, "invalid_value", "tools[0].function.name"),
    "not strict": (strict(required=["a"]), "invalid_function_parameters", "'additionalProperties'"),
    "not all required": (strict(additionalProperties=False), "invalid_function_parameters", "Missing 'a'"),
    "answer not strict": (
        {"response_format": {"type": "json_schema", "json_schema": LOOSE}},
        None,
        "response_format 'a'",
    ),
    "word of a choice": ({"tool_choice": "any"}, "invalid_value", "'any'"),
    "max_tokens": ({"max_tokens": 9}, "unsupported_parameter", "Use 'max_completion_tokens' instead"),
    "temperature": (
        {"reasoning_effort": None, "tools": None, "temperature": 0},
        "unsupported_value",
        "temperature",
    ),
    "top_p": ({"reasoning_effort": None, "tools": None, "top_p": 0.5}, "unsupported_parameter", "top_p"),
    "functions and effort": ({"reasoning_effort": "low"}, None, "Please use /v1/responses instead"),
    "functions and no effort": ({"reasoning_effort": None}, None, "Please use /v1/responses instead"),
    "effort": ({"model": "gpt-6.1-sol"}, "unsupported_value", "'none' is not supported"),
    "choice without tools": ({"tools": None, "tool_choice": "auto"}, None, "only allowed when 'tools'"),
    "choice of no tool": (
        {"tool_choice": {"type": "function", "function": {"name": "x"}}},
        None,
        "no function named 'x'",
    ),
    "stream options": ({"stream_options": {"include_usage": True}}, None, "'stream' is enabled"),
    "no model": ({"model": ""}, None, "model parameter"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_openai_refuses_is_refused(lab: Lab, name: str) -> None:
    change, code, words = REFUSED[name]
    response = ask(lab, "openai", {**BODY, **change})
    error = response.json()["error"]
    assert (response.status_code, error["type"], error["code"]) == (400, "invalid_request_error", code)
    assert words in error["message"]


def test_tools_that_are_no_functions_may_stay_on_chat(lab: Lab) -> None:
    body = {"model": "gpt-6-sol", "messages": QUESTION, "tool_choice": "auto"}
    grammar = {"type": "custom", "custom": {"name": "sql"}}
    assert ask(lab, "openai", {**body, "tools": [grammar]}).status_code == 200


def test_a_strict_schema_is_taken(lab: Lab) -> None:
    assert ask(lab, "openai", {**BODY, **strict(required=["a"], additionalProperties=False)}).status_code == 200


def test_a_model_answers_until_its_last_day() -> None:
    body = {"model": "gpt-5", "messages": QUESTION}
    for now, status in ((1_796_100_000.0, 200), (1_797_000_000.0, 404)):
        with Lab(clock=lambda now=now: now) as lab:  # type: ignore[misc]
            response = ask(lab, "openai", body)
        assert response.status_code == status
    assert response.json()["error"]["code"] == "model_not_found"


def test_a_model_of_another_vendor_is_not_found(lab: Lab) -> None:
    for model in ("claude-opus-5-5", "gemini-3.8-flash", "openai/gpt-6-sol"):
        response = ask(lab, "openai", {"model": model, "messages": QUESTION})
        assert (response.status_code, response.json()["error"]["code"]) == (404, "model_not_found")


def test_a_request_needs_a_key(lab: Lab) -> None:
    response = CLIENT.post(lab.url("openai") + CHAT, json=BODY)
    assert response.status_code == 401 and "You didn't provide" in response.json()["error"]["message"]
