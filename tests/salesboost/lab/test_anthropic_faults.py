"""What goes wrong at Anthropic, as the lab plays it."""

import json

import httpx
import pytest

from salesboost.lab import FAULTS
from tests.salesboost.lab.claude_said import (
    blocks,
)
from tests.salesboost.lab.talking import CLAUDE_TOOLS, assembled, claude, events_of, is_no_json


def one_use(message):
    return blocks(message, "tool_use")[0]


# What each fault does to the answer in one piece and to that of a stream; None where it concerns the other alone.
WHOLE = {
    "parallel_wrapper": lambda m: one_use(m)["input"]["tool_uses"][0]["recipient_name"] == "functions.get_weather",
    "dotted_name": lambda m: one_use(m)["name"] == "toolbox.web.answer",
    "unknown_tool": lambda m: one_use(m)["name"] == "made_up_tool",
    "wrapped_arguments": lambda m: one_use(m)["input"] == {"_": {"city": "Rome", "days": 3}},
    "string_arguments": lambda m: one_use(m)["input"]["days"] == "3",
    "no_arguments": lambda m: one_use(m)["input"] == {},
    "cut_arguments": lambda m: blocks(m, "tool_use")[-1]["input"] == {} and m["stop_reason"] == "max_tokens",
    "cut_before_arguments": lambda m: (
        blocks(m, "tool_use")[-1]["input"] == {} and m["stop_reason"] == "max_tokens"
    ),
    "duplicate_ids": lambda m: len({use["id"] for use in blocks(m, "tool_use")}) == 1 < len(blocks(m, "tool_use")),
    "reused_id": lambda m: one_use(m)["id"] == "toolu_01AAAAAAAAAAAAAAAAAAAAAA",
    "empty_id": lambda m: one_use(m)["id"] == "",
    "refusal": lambda m: (m["stop_reason"], m["content"]) == ("refusal", []) and m["stop_details"],
    "refusal_after_text": lambda m: m["stop_reason"] == "refusal" and blocks(m, "text"),
    "pause_turn": lambda m: m["stop_reason"] == "pause_turn" and m["content"][-1]["id"].startswith("srvtoolu_"),
    "server_tool_use": lambda m: blocks(m, "server_tool_use") and blocks(m, "web_search_tool_result"),
    "thinking_only": lambda m: [block["type"] for block in m["content"]] == ["thinking"],
    "no_signature": lambda m: blocks(m, "thinking")[0]["signature"] == "",
    "redacted_thinking": lambda m: m["content"][0]["type"] == "redacted_thinking",
    "wrong_model": lambda m: m["model"] == "claude-opus-4-8",
    "no_usage": lambda m: "usage" not in m,
    "empty_answer": lambda m: (m["stop_reason"], m["content"]) == ("end_turn", []),
    "context_window_full": lambda m: m["stop_reason"] == "model_context_window_exceeded",
}
STREAMED = {
    **WHOLE,
    "parallel_wrapper": lambda m: "functions.get_weather" in one_use(m)["json"],
    "wrapped_arguments": lambda m: json.loads(one_use(m)["json"])["_"],
    "string_arguments": lambda m: json.loads(one_use(m)["json"])["days"] == "3",
    "no_arguments": lambda m: one_use(m)["json"] == "{}",
    "cut_arguments": lambda m: is_no_json(blocks(m, "tool_use")[-1]["json"]) and m["stop_reason"] == "max_tokens",
    "first_bytes_dropped": lambda m: one_use(m)["json"].startswith("city"),
    "invalid_arguments": lambda m: is_no_json(one_use(m)["json"]),
    "populated_start": lambda m: one_use(m)["input"]["early"] and "early" not in one_use(m)["json"],
}
REFUSALS = {
    "signature_refused": "Invalid `signature` in `thinking` block",
    "prefix_refused": "bound to a different conversation",
    "forced_tool_refused": 'type "tool" and "any" are not supported',
    "effort_refused": "does not support effort level 'xhigh'",
    "orphan_call_refused": "`tool_use` ids were found without `tool_result` blocks",
    "same_ids_refused": "`tool_use` ids must be unique",
}
ERRORS = {
    **dict.fromkeys(REFUSALS, (400, "invalid_request_error")),
    "rate_limited": (429, "rate_limit_error"),
    "rate_limited_silently": (429, "rate_limit_error"),
    "overloaded": (529, "overloaded_error"),
    "server_error": (500, "api_error"),
    "wrong_key": (401, "authentication_error"),
    "forbidden": (403, "permission_error"),
    "no_credit": (400, "invalid_request_error"),
    "unknown_model": (404, "not_found_error"),
    "context_too_long": (400, "invalid_request_error"),
    "content_filter": (400, "invalid_request_error"),
    "invalid_request": (400, "invalid_request_error"),
    "too_large": (413, "request_too_large"),
    "gateway_timeout": (504, "timeout_error"),
}
PAGES = {"bad_gateway": 502, "html": 200, "cut_json": 200}
ENDS = {"closed_connection", "silence", "cut_stream", "stalled_stream", "silent_stream", "silent_thinking"}
ERROR_EVENTS = {"overloaded_stream": 3, "overloaded_at_once": 0}


def test_every_fault_is_tried():
    tried = {*WHOLE, *STREAMED, *ERRORS, *PAGES, *ENDS, *ERROR_EVENTS, "no_message_stop"}
    assert tried == set(FAULTS["anthropic"])
    assert all(fault.says for fault in FAULTS["anthropic"].values())


@pytest.mark.parametrize("fault", WHOLE)
def test_a_fault_of_an_answer(provider_lab, fault):
    provider_lab.fail(fault, vendor="anthropic")
    answer = claude(provider_lab, tools=CLAUDE_TOOLS)
    assert answer.status_code == 200
    assert WHOLE[fault](answer.json()), answer.text
    assert claude(provider_lab, tools=CLAUDE_TOOLS).json()["stop_reason"] == "tool_use"


@pytest.mark.parametrize("fault", STREAMED)
def test_a_fault_of_a_stream(provider_lab, fault):
    provider_lab.fail(fault, vendor="anthropic")
    answer = claude(provider_lab, tools=CLAUDE_TOOLS, stream=True)
    assert STREAMED[fault](assembled(events_of(answer))), answer.text


@pytest.mark.parametrize("fault", ERRORS)
def test_a_fault_with_a_status(provider_lab, fault):
    answer = claude(provider_lab, headers={"x-lab-fault": fault})
    assert (answer.status_code, answer.json()["error"]["type"]) == ERRORS[fault]
    assert answer.headers.get("retry-after") == ("2" if fault == "rate_limited" else None)


@pytest.mark.parametrize("fault", REFUSALS)
def test_a_fault_has_the_words_of_the_refusal(provider_lab, fault):
    answer = claude(provider_lab, headers={"x-lab-fault": fault})
    assert REFUSALS[fault] in answer.json()["error"]["message"]


@pytest.mark.parametrize("fault", PAGES)
def test_a_fault_that_is_no_json(provider_lab, fault):
    answer = claude(provider_lab, headers={"x-lab-fault": fault})
    assert answer.status_code == PAGES[fault]
    assert is_no_json(answer.text)


@pytest.mark.parametrize("fault", sorted(ENDS))
def test_a_fault_that_ends_or_holds_the_connection(provider_lab, fault):
    provider_lab.fail(fault)
    waits = FAULTS["anthropic"][fault].waits
    with pytest.raises(httpx.ReadTimeout if waits else httpx.RemoteProtocolError):
        claude(provider_lab, stream=True, timeout=0.2 if waits else 5)


@pytest.mark.parametrize("fault", ERROR_EVENTS)
def test_a_stream_that_ends_in_an_error(provider_lab, fault):
    events = events_of(claude(provider_lab, stream=True, headers={"x-lab-fault": fault}))
    assert len(events) == ERROR_EVENTS[fault] + 1
    assert (events[-1]["type"], events[-1]["error"]["type"]) == ("error", "overloaded_error")


def test_a_stream_without_its_end(provider_lab):
    provider_lab.fail("no_message_stop")
    assert events_of(claude(provider_lab, stream=True))[-1]["type"] == "message_delta"
