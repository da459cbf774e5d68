"""xAI, both of its interfaces, as clients meet it."""

import json
from collections.abc import Iterator
from typing import Any

import openai
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

BODY: dict[str, Any] = {"model": "grok-4.6", "messages": QUESTION, "tools": [TOOL]}
FLAT = {"type": "function", **TOOL["function"]}  # type: ignore[dict-item]
RESPONSES: dict[str, Any] = {
    "model": "grok-4.6",
    "input": QUESTION,
    "tools": [FLAT],
    "store": False,
    "include": ["reasoning.encrypted_content"],
}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running() as running_lab:
        yield running_lab


def test_an_answer_has_what_xai_says(lab: Lab) -> None:
    made = ask(lab, "xai", BODY).json()
    usage = made["usage"]
    thinking = usage["completion_tokens_details"]["reasoning_tokens"]
    assert made["choices"][0]["message"]["reasoning_content"]
    assert usage["cost_in_usd_ticks"] > 0 and thinking > 0
    # What was thought is counted apart from what is said.
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] + thinking


def test_a_stream_has_reasoning_whole_calls_and_counts(lab: Lab) -> None:
    made = chunks(ask(lab, "xai", {**BODY, "stream": True}))
    assert any(chunk["choices"][0]["delta"].get("reasoning_content") for chunk in made[:-1])
    (call,) = [one for c in made[:-1] for one in c["choices"][0]["delta"].get("tool_calls", ())]
    assert json.loads(call["function"]["arguments"]) == ARGUMENTS
    assert made[-1]["choices"] == [] and made[-1]["usage"]["cost_in_usd_ticks"] > 0


def test_a_whole_loop(lab: Lab) -> None:
    for first in both(lab, "xai", BODY):
        call = {"type": "function", **call_in(first)}
        result = {"role": "tool", "tool_call_id": call["id"], "content": "Sunny"}
        messages = [*QUESTION, {"role": "assistant", "content": "", "tool_calls": [call]}, result]
        second = ask(lab, "xai", {**BODY, "messages": messages}).json()["choices"][0]
        assert second["message"]["content"] == "Here is what I found: Sunny"


def test_the_responses_api_keeps_what_was_thought(lab: Lab) -> None:
    client = openai.OpenAI(base_url=lab.url("xai"), api_key="lab", max_retries=0)
    first = client.responses.create(**RESPONSES)
    items = [*QUESTION, *(item.model_dump(exclude_none=True) for item in first.output)]
    items.append({"type": "function_call_output", "call_id": items[-1]["call_id"], "output": "Sunny"})
    second = client.responses.create(**{**RESPONSES, "input": items})
    assert second.output_text == "Here is what I found: Sunny"
    other = ask(lab, "xai", {**RESPONSES, "input": items, "model": "grok-4.7"}, "/responses")
    assert other.status_code == 400 and "could not be verified" in other.json()["error"]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "stop": ({"stop": ["x"]}, "Argument not supported on this model: stop"),
    "penalty": ({"presence_penalty": 1}, "presence_penalty"),
    "no effort": ({"reasoning_effort": "none"}, "Invalid reasoning effort: none"),
    "too much effort": ({"model": "grok-4.5", "reasoning_effort": "xhigh"}, "Invalid reasoning effort: xhigh"),
    "words of the other interface": ({"reasoning": {"effort": "low"}}, "Use reasoning_effort"),
    "empty messages": ({"messages": []}, "empty array"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_xai_refuses_is_refused(lab: Lab, name: str) -> None:
    change, words = REFUSED[name]
    response = ask(lab, "xai", {**BODY, **change})
    assert response.status_code == 400
    assert set(response.json()) == {"code", "error"} and words in response.json()["error"]


def test_what_xai_takes_is_taken(lab: Lab) -> None:
    assert ask(lab, "xai", {**BODY, "reasoning_effort": "xhigh"}).status_code == 200
    assert ask(lab, "xai", {**BODY, "model": "grok-4", "stop": ["x"]}).status_code == 200
    none = {**RESPONSES, "reasoning": {"effort": "none"}}
    assert ask(lab, "xai", none, "/responses").status_code == 400
    assert ask(lab, "xai", {**RESPONSES, "reasoning_effort": "low"}, "/responses").status_code == 400


def test_a_model_taken_off_is_not_found(lab: Lab) -> None:
    response = ask(lab, "xai", {**BODY, "model": "grok-3"})
    assert response.status_code == 404 and "grok-3 does not exist" in response.json()["error"]
    assert ask(lab, "xai", {**BODY, "model": "gpt-6-sol"}).status_code == 404


def test_the_faults_of_all_these_vendors(lab: Lab) -> None:
    check_shared(lab, "xai", BODY)
    check_broken(lab, "xai", BODY)


@pytest.mark.parametrize("name", STATUSES)
def test_a_status_is_that_of_xai(lab: Lab, name: str) -> None:
    response = ask(lab, "xai", BODY, fault=name)
    own_statuses = {"no_credit": 429, "wrong_key": 400, "content_filter": 403}
    assert response.status_code == own_statuses.get(name, STATUSES[name])


def test_an_answer_without_a_thought_is_a_200(lab: Lab) -> None:
    made = ask(lab, "xai", BODY, fault="no_reasoning").json()
    assert "reasoning_content" not in made["choices"][0]["message"]
    assert made["usage"]["completion_tokens_details"]["reasoning_tokens"] == 0
    streamed = chunks(ask(lab, "xai", {**BODY, "stream": True}, fault="no_reasoning"))
    assert not any("reasoning_content" in one["choices"][0]["delta"] for one in streamed[:-1])
    whole = ask(lab, "xai", RESPONSES, "/responses", fault="no_reasoning").json()
    assert [item["type"] for item in whole["output"]] == ["function_call"]
    events_of = events(ask(lab, "xai", {**RESPONSES, "stream": True}, "/responses", fault="no_reasoning"))
    assert [item["type"] for item in events_of[-1][1]["response"]["output"]] == ["function_call"]


def test_the_faults_of_xai_alone(lab: Lab) -> None:
    assert ask(lab, "xai", BODY, fault="effort_refused").status_code == 400
    assert ask(lab, "xai", BODY, fault="no_credit_forbidden").status_code == 403
    assert (
        "capacity" in events(ask(lab, "xai", {**BODY, "stream": True}, fault="overloaded_stream"))[-1][1]["error"]
    )
    mine = {"no_reasoning", "effort_refused", "no_credit_forbidden"}
    assert own("xai") == mine | {"failed_response", "uncompleted_stream"}
