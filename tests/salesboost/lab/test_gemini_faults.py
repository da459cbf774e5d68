"""What goes wrong at Gemini, as the lab plays it."""

import json

import httpx
import pytest

from salesboost.lab import FAULTS, Reply
from tests.salesboost.lab.gemini_said import calls, parts_of
from tests.salesboost.lab.talking import GEMINI_TOOLS, events_of, gemini, is_no_json, joined


def ended(answer):
    return answer["candidates"][0]["finishReason"]


def content(answer):
    return answer["candidates"][0].get("content")


def one_call(answer):
    return calls(content(answer)["parts"])[0]


MALFORMED = "MALFORMED_FUNCTION_CALL"
WHOLE = {
    "parallel_wrapper": lambda a: one_call(a)["args"]["tool_uses"][0]["recipient_name"] == "functions.get_weather",
    "dotted_name": lambda a: one_call(a)["name"] == "toolbox.web.answer",
    "unknown_tool": lambda a: one_call(a)["name"] == "made_up_tool",
    "wrapped_arguments": lambda a: one_call(a)["args"] == {"_": {"city": "Rome", "days": 3}},
    "string_arguments": lambda a: one_call(a)["args"]["days"] == "3",
    "no_arguments": lambda a: one_call(a)["args"] == {},
    "malformed_call": lambda a: (
        ended(a) == MALFORMED and content(a) is None and a["candidates"][0]["finishMessage"]
    ),
    "malformed_call_empty": lambda a: (ended(a), content(a)) == (MALFORMED, {}),
    "malformed_call_signed": lambda a: (
        ended(a) == MALFORMED and [part.keys() for part in content(a)["parts"]] == [{"thoughtSignature"}]
    ),
    "malformed_call_beside": lambda a: ended(a) == MALFORMED and one_call(a),
    "unexpected_tool_call": lambda a: (ended(a), content(a)) == ("UNEXPECTED_TOOL_CALL", None),
    "safety": lambda a: (ended(a), content(a)) == ("SAFETY", None) and a["candidates"][0]["safetyRatings"],
    "recitation": lambda a: (ended(a), content(a)) == ("RECITATION", None),
    "prompt_blocked": lambda a: a["promptFeedback"]["blockReason"] and "candidates" not in a,
    "content_filter": lambda a: a["promptFeedback"]["blockReason"] and "candidates" not in a,
    "no_candidates": lambda a: "candidates" not in a and "promptFeedback" not in a,
    "empty_answer": lambda a: (ended(a), content(a)) == ("STOP", {"role": "model"}),
    "thoughts_used_all": lambda a: (ended(a), content(a)) == ("MAX_TOKENS", {"role": "model"}),
    "no_signature": lambda a: one_call(a) and "thoughtSignature" not in json.dumps(a),
    "duplicate_ids": lambda a: [call["id"] for call in calls(content(a)["parts"])] == ["aaaaaaaa"] * 2,
    "no_id": lambda a: "id" not in one_call(a),
    "no_args": lambda a: "args" not in one_call(a),
    "code_execution": lambda a: content(a)["parts"][0]["executableCode"] and not calls(content(a)["parts"]),
    "wrong_model": lambda a: a["modelVersion"] == "gemini-3.8-flash",
    "no_usage": lambda a: "usageMetadata" not in a,
}
ERRORS = {
    "rate_limited": (429, "RESOURCE_EXHAUSTED"),
    "rate_limited_silently": (429, "RESOURCE_EXHAUSTED"),
    "overloaded": (503, "UNAVAILABLE"),
    "server_error": (500, "INTERNAL"),
    "wrong_key": (400, "INVALID_ARGUMENT"),
    "forbidden": (403, "PERMISSION_DENIED"),
    "no_credit": (429, "RESOURCE_EXHAUSTED"),
    "unknown_model": (404, "NOT_FOUND"),
    "context_too_long": (400, "INVALID_ARGUMENT"),
    "invalid_request": (400, "INVALID_ARGUMENT"),
    "schema_refused": (400, "INVALID_ARGUMENT"),
    "signature_missing": (400, "INVALID_ARGUMENT"),
    "signature_corrupted": (400, "INVALID_ARGUMENT"),
    "quota": (429, "RESOURCE_EXHAUSTED"),
    "wrong_place": (400, "FAILED_PRECONDITION"),
    "gateway_timeout": (504, "DEADLINE_EXCEEDED"),
}
PAGES = {"bad_gateway": 502, "html": 200, "cut_json": 200}
ENDS = {"closed_connection", "silence", "cut_stream", "stalled_stream", "silent_stream", "silent_thinking"}
ALONE = {"overloaded_stream", "no_finish", "error_in_list"}


def test_every_fault_is_tried():
    assert {*WHOLE, *ERRORS, *PAGES, *ENDS, *ALONE} == set(FAULTS["gemini"])
    assert all(fault.says for fault in FAULTS["gemini"].values())


@pytest.mark.parametrize("fault", WHOLE)
def test_a_fault_of_an_answer(provider_lab, fault):
    provider_lab.fail(fault, vendor="gemini")
    answer = gemini(provider_lab, tools=GEMINI_TOOLS)
    assert answer.status_code == 200
    assert WHOLE[fault](answer.json()), answer.text
    assert calls(parts_of(gemini(provider_lab, tools=GEMINI_TOOLS)))


@pytest.mark.parametrize("fault", WHOLE)
def test_the_same_as_a_stream(provider_lab, fault):
    provider_lab.fail(fault, vendor="gemini")
    chunks = events_of(gemini(provider_lab, tools=GEMINI_TOOLS, stream=True))
    whole = chunks[-1]
    parts = [
        part
        for chunk in chunks
        for candidate in chunk.get("candidates", ())
        for part in candidate.get("content", {}).get("parts", ())
        if part != {"text": ""}
    ]
    if parts:
        whole["candidates"][0]["content"]["parts"] = parts
    assert WHOLE[fault](whole), chunks


@pytest.mark.parametrize("fault", ERRORS)
def test_a_fault_with_a_status(provider_lab, fault):
    answer = gemini(provider_lab, headers={"x-lab-fault": fault})
    error = answer.json()["error"]
    assert (answer.status_code, error["status"]) == ERRORS[fault]
    assert error["code"] == answer.status_code
    assert answer.headers.get("retry-after") == ("2" if fault == "rate_limited" else None)
    assert ("17s" in answer.text) == (fault == "quota")


@pytest.mark.parametrize("fault", PAGES)
def test_a_fault_that_is_no_json(provider_lab, fault):
    answer = gemini(provider_lab, headers={"x-lab-fault": fault})
    assert answer.status_code == PAGES[fault]
    assert is_no_json(answer.text)


@pytest.mark.parametrize("fault", sorted(ENDS))
def test_a_fault_that_ends_or_holds_the_connection(provider_lab, fault):
    provider_lab.say(Reply(text="A text that is long enough for more than three pieces of a stream, I think."))
    provider_lab.fail(fault)
    waits = FAULTS["gemini"][fault].waits
    with pytest.raises(httpx.ReadTimeout if waits else httpx.RemoteProtocolError):
        gemini(provider_lab, stream=True, timeout=0.2 if waits else 5)


def test_a_stream_that_ends_in_an_error(provider_lab):
    provider_lab.say(Reply(text="A text that is long enough for more than three pieces of a stream, I think."))
    events = events_of(gemini(provider_lab, stream=True, headers={"x-lab-fault": "overloaded_stream"}))
    assert (len(events), events[-1]["error"]["status"]) == (4, "UNAVAILABLE")


def test_a_stream_without_its_end(provider_lab):
    provider_lab.fail("no_finish")
    assert joined(events_of(gemini(provider_lab, stream=True)))[1] is None


def test_an_error_inside_a_list(provider_lab):
    answer = gemini(provider_lab, headers={"x-lab-fault": "error_in_list"})
    assert (answer.status_code, answer.json()[0]["error"]["status"]) == (503, "UNAVAILABLE")
