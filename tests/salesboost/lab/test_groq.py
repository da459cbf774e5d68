"""Groq, whole and streamed, as clients meet it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from salesboost.lab import Lab
from tests.salesboost.lab.wires import (
    ARGUMENTS,
    QUESTION,
    STATUSES,
    TOOL,
    ask,
    both,
    call_in,
    check_broken,
    check_shared,
    chunks,
    events,
    own,
    running,
)

BODY: dict[str, Any] = {"model": "openai/gpt-oss-120b", "messages": QUESTION, "tools": [TOOL]}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running() as running_lab:
        yield running_lab


def test_an_answer_has_what_groq_says(lab: Lab) -> None:
    made = ask(lab, "groq", BODY).json()
    assert made["service_tier"] == "on_demand" and made["x_groq"]["id"].startswith("req_")
    assert made["choices"][0]["message"]["reasoning"]
    assert made["usage"]["total_time"] > 0
    assert "refusal" not in made["choices"][0]["message"]


def test_a_stream_has_its_counts_in_x_groq(lab: Lab) -> None:
    made = chunks(ask(lab, "groq", {**BODY, "stream": True}))
    assert made[0]["x_groq"]["id"] == made[-1]["x_groq"]["id"]
    assert made[-1]["x_groq"]["usage"]["total_tokens"] > 0
    assert made[-1]["choices"][0]["finish_reason"] == "tool_calls"
    assert not any("usage" in chunk for chunk in made)
    (call,) = [one for c in made for one in c["choices"][0]["delta"].get("tool_calls", ())]
    assert json.loads(call["function"]["arguments"]) == ARGUMENTS  # a call is one chunk
    asked = chunks(ask(lab, "groq", {**BODY, "stream": True, "stream_options": {"include_usage": True}}))
    assert asked[-1]["choices"] == [] and asked[-1]["usage"]["queue_time"] > 0


def test_reasoning_is_hidden_on_demand(lab: Lab) -> None:
    for hidden in ({"include_reasoning": False}, {"reasoning_format": "hidden"}, {"reasoning_effort": "none"}):
        assert "reasoning" not in ask(lab, "groq", {**BODY, **hidden}).json()["choices"][0]["message"]


def test_a_whole_loop(lab: Lab) -> None:
    for first in both(lab, "groq", BODY):
        call = {"type": "function", **call_in(first)}
        result = {"role": "tool", "tool_call_id": call["id"], "content": "Sunny"}
        messages = [*QUESTION, {"role": "assistant", "content": None, "tool_calls": [call]}, result]
        second = ask(lab, "groq", {**BODY, "messages": messages}).json()["choices"][0]
        assert second["message"]["content"] == "Here is what I found: Sunny"


ANSWERED = {"role": "assistant", "content": "Hi", "reasoning": "They greet me."}
JSON = {"response_format": {"type": "json_object"}}
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "reasoning sent back": ({"messages": [*QUESTION, ANSWERED, *QUESTION]}, "property 'reasoning' is unsupported"),
    "json and tools": (JSON, "json mode cannot be combined with tool/function calling"),
    "json and stream": ({**JSON, "tools": None, "stream": True}, "json mode cannot be combined with streaming"),
    "two ways to hide": ({"include_reasoning": False, "reasoning_format": "hidden"}, "cannot specify both"),
    "empty messages": ({"messages": []}, "empty array"),
    "result without call": (
        {"messages": [*QUESTION, {"role": "tool", "tool_call_id": "a", "content": ""}]},
        "must be a response",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_groq_refuses_is_refused(lab: Lab, name: str) -> None:
    change, words = REFUSED[name]
    response = ask(lab, "groq", {**BODY, **change})
    assert response.status_code == 400 and words in response.json()["error"]["message"]
    assert "param" not in response.json()["error"]


def test_a_model_taken_off_is_a_400_of_its_own(lab: Lab) -> None:
    response = ask(lab, "groq", {**BODY, "model": "llama-3.3-70b-versatile"})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "model_decommissioned")
    never = ask(lab, "groq", {**BODY, "model": "gpt-6-sol"})
    assert (never.status_code, never.json()["error"]["code"]) == (404, "model_not_found")


def test_what_was_thought_may_be_all(lab: Lab) -> None:
    whole, streamed = both(lab, "groq", BODY, "thought_only")
    assert whole["message"]["reasoning"] == streamed["message"]["thought"] == "I am still thinking about it."


def test_the_faults_of_all_these_vendors(lab: Lab) -> None:
    check_shared(lab, "groq", BODY)
    check_broken(lab, "groq", BODY)


@pytest.mark.parametrize("name", STATUSES)
def test_a_status_is_that_of_groq(lab: Lab, name: str) -> None:
    response = ask(lab, "groq", BODY, fault=name)
    assert response.status_code == {"no_credit": 400}.get(name, STATUSES[name])
    if name != "bad_gateway":
        assert set(response.json()["error"]) <= {"message", "type", "code"}


GENERATED = {
    "tool_use_failed_tag": '<function=get_weather>{"city": "Paris", "days": 3}</function>',
    "tool_use_failed_half_tag": 'get_weather{"city": "Paris", "days": 3}</function>',
    "tool_use_failed_fenced": '```\n{\n  "tool_calls": [',
    "tool_use_failed_prose": "### Top stories",
    "tool_use_failed_empty": "",
    "called_though_none": "<function=",
    "not_called_though_required": "<function=",
    "invented_tool_refused": "<function=",
    "json_validate_failed": "<function=",
}


@pytest.mark.parametrize("name", GENERATED)
def test_a_call_that_groq_refuses_is_shown(lab: Lab, name: str) -> None:
    response = ask(lab, "groq", BODY, fault=name)
    error = response.json()["error"]
    code = "json_validate_failed" if name == "json_validate_failed" else "tool_use_failed"
    assert (response.status_code, error["code"]) == (400, code)
    assert error["failed_generation"].startswith(GENERATED[name])
    assert error["failed_generation"] or name == "tool_use_failed_empty"


def test_it_may_come_amid_a_stream_of_200(lab: Lab) -> None:
    made = events(ask(lab, "groq", {**BODY, "stream": True}, fault="tool_use_failed_stream"))
    name, data = made[-1]
    assert (name, data["error"]["code"], data["error"]["status_code"]) == ("error", "tool_use_failed", 400)


def test_overloaded_amid_a_stream(lab: Lab) -> None:
    name, data = events(ask(lab, "groq", {**BODY, "stream": True}, fault="overloaded_stream"))[-1]
    assert name == "error" and data["error"]["type"] == "internal_server_error"


def test_no_fault_is_without_a_test() -> None:
    assert own("groq") == {*GENERATED, "tool_use_failed_stream"}
