"""OpenRouter, whole and streamed, as clients meet it."""

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
    arguments_in,
    ask,
    both,
    check_broken,
    check_shared,
    chunks,
    own,
    rebuilt,
    running,
)

CLAUDE, GEMINI, GPT = "anthropic/claude-opus-5.5", "google/gemini-3.8-flash", "openai/gpt-6-sol"
BODY: dict[str, Any] = {"model": CLAUDE, "messages": QUESTION, "tools": [TOOL]}
PLAIN = {**BODY, "model": "mistralai/mistral-large"}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with running() as running_lab:
        yield running_lab


def test_an_answer_has_what_openrouter_says(lab: Lab) -> None:
    made = ask(lab, "openrouter", BODY).json()
    choice = made["choices"][0]
    assert made["id"].startswith("gen-") and made["provider"] == "Anthropic"
    assert made["usage"]["cost"] > 0
    assert (choice["finish_reason"], choice["native_finish_reason"]) == ("tool_calls", "tool_use")
    (detail,) = choice["message"]["reasoning_details"]
    assert detail["type"] == "reasoning.text" and detail["format"] == "anthropic-claude-v1"
    assert detail["signature"] and detail["text"] == choice["message"]["reasoning"]


def test_a_stream_begins_with_a_comment_and_ends_with_a_price(lab: Lab) -> None:
    response = ask(lab, "openrouter", {**BODY, "stream": True})
    made = chunks(response)
    assert response.text.startswith(": OPENROUTER PROCESSING\n\n")
    assert [one for c in made for one in c["choices"][0]["delta"].get("reasoning_details", ())]
    assert made[-1]["usage"]["cost"] > 0 and made[-1]["choices"][0]["finish_reason"] is None
    for choice in both(lab, "openrouter", BODY):
        assert json.loads(arguments_in(choice)) == ARGUMENTS


def test_a_model_that_need_not_think_thinks_if_asked(lab: Lab) -> None:
    def thought(**changes: Any) -> Any:
        return ask(lab, "openrouter", {**PLAIN, **changes}).json()["choices"][0]["message"]["reasoning"]

    assert not thought() and thought(reasoning={"effort": "low"})
    assert not thought(model=CLAUDE, reasoning={"enabled": False})


def loop(lab: Lab, model: str, **changes: Any) -> list[dict[str, Any]]:
    """The messages of a round of calls, the answer changed before it is sent back."""
    message = ask(lab, "openrouter", {**BODY, "model": model}).json()["choices"][0]["message"]
    result = {"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": "Sunny"}
    return [*QUESTION, {**message, **changes}, result]


@pytest.mark.parametrize("model", [CLAUDE, GEMINI, GPT, "x-ai/grok-4.6", "mistralai/mistral-large"])
def test_a_whole_loop(lab: Lab, model: str) -> None:
    made = ask(lab, "openrouter", {**BODY, "model": model, "messages": loop(lab, model)}).json()
    assert made["choices"][0]["message"]["content"] == "Here is what I found: Sunny"


@pytest.mark.parametrize("model", [CLAUDE, GEMINI, GPT])
def test_a_whole_loop_of_streams(lab: Lab, model: str) -> None:
    made = chunks(ask(lab, "openrouter", {**BODY, "model": model, "stream": True}))
    given = [one for c in made for one in c["choices"][0]["delta"].get("reasoning_details", ())]
    # What is closed comes in a chunk of its own, without a text.
    assert not (given[-1].get("text") or given[-1].get("summary"))
    (call,) = rebuilt(made)["message"]["tool_calls"]
    result = {"role": "tool", "tool_call_id": call["id"], "content": "Sunny"}
    answered = {"role": "assistant", "content": "", "tool_calls": [{"type": "function", **call}]}
    body = {**BODY, "model": model, "stream": True}
    messages = [*QUESTION, {**answered, "reasoning_details": given}, result]
    last = chunks(ask(lab, "openrouter", {**body, "messages": messages}))
    assert rebuilt(last)["message"]["content"] == "Here is what I found: Sunny"
    lost = [*QUESTION, {**answered, "reasoning_details": given[:-1]}, result]
    assert ask(lab, "openrouter", {**body, "messages": lost}).status_code == 400


MISSING = {
    CLAUDE: "Expected `thinking`",
    GEMINI: "missing a thought_signature",
    GPT: "without its required 'reasoning' item",
}
ALTERED = {
    CLAUDE: "Invalid `signature`",
    GEMINI: "Corrupted thought signature",
    GPT: "could not be verified",
}


@pytest.mark.parametrize("model", MISSING)
def test_thoughts_that_are_not_sent_back_are_missed(lab: Lab, model: str) -> None:
    messages = loop(lab, model, reasoning_details=None)
    response = ask(lab, "openrouter", {**BODY, "model": model, "messages": messages})
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (400, 400)
    assert error["message"] == "Provider returned error" and MISSING[model] in error["metadata"]["raw"]


@pytest.mark.parametrize("model", ALTERED)
def test_thoughts_that_were_altered_are_refused(lab: Lab, model: str) -> None:
    messages = loop(lab, model)
    for detail in messages[1]["reasoning_details"]:
        for name in ("signature", "data"):
            if name in detail:
                detail[name] = detail[name][:-4] + "AAAA"
    response = ask(lab, "openrouter", {**BODY, "model": model, "messages": messages})
    assert response.status_code == 400 and ALTERED[model] in response.json()["error"]["metadata"]["raw"]


def test_thoughts_of_another_model_or_with_other_words_are_refused(lab: Lab) -> None:
    other = {**BODY, "model": "anthropic/claude-opus-5", "messages": loop(lab, CLAUDE)}
    assert ask(lab, "openrouter", other).status_code == 400
    messages = loop(lab, CLAUDE)
    messages[1]["reasoning_details"][0]["text"] = "I think otherwise."
    assert ask(lab, "openrouter", {**BODY, "messages": messages}).status_code == 400


def test_a_call_cannot_be_forced_of_all_models(lab: Lab) -> None:
    response = ask(lab, "openrouter", {**BODY, "tool_choice": "required"})
    assert response.status_code == 400 and "forced tool use" in response.json()["error"]["metadata"]["raw"]
    assert ask(lab, "openrouter", {**BODY, "model": GPT, "tool_choice": "required"}).status_code == 200


def test_errors_have_the_status_as_their_code(lab: Lab) -> None:
    response = ask(lab, "openrouter", {**BODY, "messages": []})
    assert (response.status_code, response.json()["error"]["code"]) == (400, 400)
    never = ask(lab, "openrouter", {**BODY, "model": "gpt-6-sol"})
    assert never.status_code == 400 and never.json()["error"]["message"] == "gpt-6-sol is not a valid model ID"
    gone = ask(lab, "openrouter", {**BODY, "model": "x-ai/grok-3"})
    assert gone.status_code == 404 and gone.json()["error"]["message"] == "No endpoints found for x-ai/grok-3."


def test_the_faults_of_all_these_vendors(lab: Lab) -> None:
    check_shared(lab, "openrouter", BODY)
    check_broken(lab, "openrouter", BODY)


@pytest.mark.parametrize("name", STATUSES)
def test_a_status_is_that_of_openrouter(lab: Lab, name: str) -> None:
    response = ask(lab, "openrouter", BODY, fault=name)
    assert response.status_code == {"content_filter": 403}.get(name, STATUSES[name])
    if name != "bad_gateway":
        assert response.json()["error"]["code"] == response.status_code


def test_an_error_may_come_on_a_200(lab: Lab) -> None:
    response = ask(lab, "openrouter", BODY, fault="error_on_200")
    assert (response.status_code, response.json()["error"]["code"]) == (200, 429)
    made = ask(lab, "openrouter", BODY, fault="finish_error").json()
    assert made["choices"][0]["finish_reason"] == "error" and made["usage"]["total_tokens"] is None
    for name in ("finish_error", "error_chunk"):
        last = chunks(ask(lab, "openrouter", {**BODY, "stream": True}, fault=name))[-1]
        assert last["choices"][0]["finish_reason"] == "error" and ("error" in last) == (name == "error_chunk")


def test_an_overload_amid_a_stream_is_a_chunk(lab: Lab) -> None:
    last = chunks(ask(lab, "openrouter", {**BODY, "stream": True}, fault="overloaded_stream"))[-1]
    assert last["error"]["code"] == 503 and last["choices"][0]["finish_reason"] == "error"


def test_the_other_faults_of_openrouter_alone(lab: Lab) -> None:
    assert ask(lab, "openrouter", BODY, fault="provider_down").status_code == 502
    assert ask(lab, "openrouter", BODY, fault="no_provider").status_code == 503
    assert chunks(ask(lab, "openrouter", {**BODY, "stream": True}, fault="comments_only")) == []
    lost = ask(lab, "openrouter", BODY, fault="details_lost").json()["choices"][0]["message"]
    assert lost["reasoning"] and "reasoning_details" not in lost
    streamed = chunks(ask(lab, "openrouter", {**BODY, "stream": True}, fault="details_lost"))
    assert not any("reasoning_details" in one["choices"][0]["delta"] for one in streamed)
    mine = {"error_on_200", "finish_error", "error_chunk", "comments_only", "details_lost"}
    assert own("openrouter") == mine | {"provider_down", "no_provider"}
