"""Gemini as the lab plays it: what it answers, what it refuses, what goes wrong."""

import json
from contextlib import suppress

import httpx
import pytest

from salesboost.lab import FAULTS, Lab, Reply, ToolUse
from salesboost.lab.vendors.gemini_models import ROUTED
from tests.salesboost.lab.talking import ASKED, GEMINI_TOOLS, WEATHER, events_of, gemini, joined

CALL = {"functionCall": {"name": "get_time", "args": {"zone": "CET"}}}
RESULT = {"functionResponse": {"name": "get_time", "response": {"result": "noon"}}}
OLD = {"model": "gemini-2.5-flash-lite"}


def user(*parts):
    return {"role": "user", "parts": list(parts)}


def model(*parts):
    return {"role": "model", "parts": list(parts)}


def calls(parts):
    return [part["functionCall"] for part in parts if "functionCall" in part]


def results(parts):
    made = [
        {"functionResponse": {**{k: v for k, v in call.items() if k != "args"}, "response": {"result": "sunny"}}}
        for call in calls(parts)
    ]
    return user(*made)


def loop(parts):
    return [user({"text": ASKED}), model(*parts), results(parts)]


def parts_of(answer):
    return answer.json()["candidates"][0]["content"]["parts"]


def test_a_plain_answer_has_what_clients_read(provider_lab):
    provider_lab.say(Reply(text="Hello.", input_tokens=100, cached_tokens=40, output_tokens=7))
    answer = gemini(provider_lab, "Hi", system_instruction={"parts": [{"text": "Be brief."}]}).json()
    candidate = answer["candidates"][0]
    assert (candidate["finishReason"], candidate["index"], candidate["content"]["role"]) == ("STOP", 0, "model")
    assert candidate["content"]["parts"][0]["text"] == "Hello."
    usage = answer["usageMetadata"]
    assert (usage["promptTokenCount"], usage["candidatesTokenCount"]) == (100, 7)
    assert usage["totalTokenCount"] == 107 + usage["thoughtsTokenCount"]
    assert usage["cachedContentTokenCount"] == 40
    assert (answer["modelVersion"], bool(answer["responseId"])) == ("gemini-3.6-flash", True)
    assert provider_lab.requests[-1].system == "Be brief."


@pytest.mark.parametrize("name", ["gemini-2.5-flash-lite", "gemini-3-pro", "gemini-3.8-flash", "gemini-4-argon"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_whole_loop(provider_lab, name, stream):
    fields = {"model": name, "tools": GEMINI_TOOLS}
    answer = gemini(provider_lab, stream=stream, **fields)
    parts, ended = joined(events_of(answer) if stream else [answer.json()])
    parts = [part for part in parts if "functionCall" in part]
    assert ended == "STOP"
    assert [call["name"] for call in calls(parts)] == ["get_weather", "get_time"]
    assert calls(parts)[0]["args"] == {"city": "Rome", "days": 3}
    signs = not name.startswith("gemini-2.5")
    # Of calls side by side the first alone is signed.
    assert ["thoughtSignature" in part for part in parts] == [signs, False]
    assert all(bool(call.get("id")) == signs for call in calls(parts))
    last = gemini(provider_lab, loop(parts), **fields)
    assert last.status_code == 200, last.text
    assert "sunny" in parts_of(last)[0]["text"]


def test_each_step_and_each_text_is_signed(provider_lab):
    provider_lab.say(
        Reply(calls=[ToolUse("get_time", {"zone": "CET"})]), Reply(calls=[ToolUse("get_time", {"zone": "UTC"})])
    )
    first = parts_of(gemini(provider_lab, tools=GEMINI_TOOLS))
    second = parts_of(gemini(provider_lab, loop(first), tools=GEMINI_TOOLS))
    assert first[0]["thoughtSignature"]
    assert second[0]["thoughtSignature"]
    whole = [*loop(first), model(*second), results(second)]
    assert parts_of(gemini(provider_lab, whole, tools=GEMINI_TOOLS))[0]["thoughtSignature"]
    lost = [*loop(first), model({"functionCall": second[0]["functionCall"]}), results(second)]
    assert "position 4" in gemini(provider_lab, lost, tools=GEMINI_TOOLS).json()["error"]["message"]


def test_a_streamed_text_is_signed_behind_its_end(provider_lab):
    provider_lab.say(Reply(text="A text that is longer than one piece of a stream."))
    chunks = events_of(gemini(provider_lab, stream=True))
    parts, ended = joined(chunks)
    assert "".join(part["text"] for part in parts) == "A text that is longer than one piece of a stream."
    assert next(part for part in parts if "thoughtSignature" in part)["text"] == ""
    assert ended == "STOP"
    assert [chunk["candidates"][0].get("finishReason") for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert len({chunk["responseId"] for chunk in chunks}) == 1


def test_a_stream_that_is_not_asked_for_as_events_is_a_list(provider_lab):
    url = f"{provider_lab.url('gemini')}/models/gemini-3.6-flash:streamGenerateContent?key=k"
    answer = httpx.post(url, json={"contents": [{"parts": [{"text": "Hi"}]}]})
    assert answer.headers["content-type"] == "application/json"
    assert joined(answer.json())[1] == "STOP"


def test_thoughts_are_shown_where_they_are_asked_for(provider_lab):
    config = {"thinkingConfig": {"includeThoughts": True, "thinkingLevel": "low"}}
    thought, text = parts_of(gemini(provider_lab, "Hi", generationConfig=config))
    assert thought["thought"] is True
    assert "thought" not in text


def test_a_text_ends_at_the_most_tokens(provider_lab):
    provider_lab.say(Reply(text="A long answer. " * 20))
    answer = gemini(provider_lab, "Hi", generation_config={"max_output_tokens": 5})
    assert answer.json()["candidates"][0]["finishReason"] == "MAX_TOKENS"
    assert parts_of(answer)[0]["text"] == "A long answer. A lon"


@pytest.mark.parametrize(
    ("config", "names"),
    [
        ({"mode": "ANY", "allowedFunctionNames": ["get_time"]}, ["get_time"]),
        ({"mode": "ANY"}, ["get_weather"]),
        ({"mode": "AUTO"}, []),
        ({"mode": "NONE"}, []),
    ],
)
def test_how_calls_are_chosen(provider_lab, config, names):
    answer = gemini(provider_lab, "Hi", tools=GEMINI_TOOLS, toolConfig={"functionCallingConfig": config})
    assert [call["name"] for call in calls(parts_of(answer))] == names


def test_none_forbids_a_call_that_was_meant(provider_lab):
    config = {"function_calling_config": {"mode": "NONE"}}
    assert not calls(parts_of(gemini(provider_lab, tools=GEMINI_TOOLS, tool_config=config)))


def test_names_may_be_written_with_underscores(provider_lab):
    tools = [{"function_declarations": [{"name": "get_time", "parameters": {"type": "OBJECT"}}]}]
    first = parts_of(gemini(provider_lab, "Get the time", tools=tools))
    snake = {"function_call": first[0]["functionCall"], "thought_signature": first[0]["thoughtSignature"]}
    back = {"function_response": {"name": "get_time", "response": {"result": "noon"}}}
    answer = gemini(provider_lab, [user({"text": "Get the time"}), model(snake), user(back)], tools=tools)
    assert "noon" in parts_of(answer)[0]["text"]


def test_sampling_is_taken_and_does_nothing(provider_lab):
    assert gemini(provider_lab, "Hi", generationConfig={"temperature": 0, "topK": 1}).status_code == 200


@pytest.mark.parametrize("name", ROUTED)
def test_a_model_that_ended_is_answered_by_another(provider_lab, name):
    day, successor = ROUTED[name]
    before = gemini(provider_lab, "Hi", model=name, headers={"x-lab-day": "2026-09-01"}).json()
    after = gemini(provider_lab, "Hi", model=name, headers={"x-lab-day": day}).json()
    assert (before["modelVersion"], after["modelVersion"]) == (name, successor)


def test_the_model_that_answers_has_the_rules():
    with Lab(clock=lambda: 1_796_083_200.0) as lab:  # 2026-12-01
        answer = gemini(lab, model="gemini-2.5-flash", tools=GEMINI_TOOLS)
        assert answer.json()["modelVersion"] == "gemini-3.5-flash-lite"
        assert parts_of(answer)[0]["thoughtSignature"]
        assert gemini(lab, model="gemini-1.5-pro").status_code == 404


def declared(**schema):
    return {"tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": "object", **schema}}]}]}


def prop(**schema):
    return declared(properties={"tags": schema})


def choice(**config):
    return {"tools": GEMINI_TOOLS, "toolConfig": {"functionCallingConfig": config}}


def configured(**config):
    return {"generationConfig": config}


TEXT = {"text": "Hi"}
REFUSED = {
    "no contents": ({"contents": []}, "contents is not specified"),
    "no parts": ({"contents": [user()]}, "contents[0].parts: contents.parts must not be empty"),
    "no data": ({"contents": [user({"thought": True})]}, "required oneof field 'data'"),
    "unknown part": ({"contents": [user({"txt": "Hi"})]}, "Unknown name \"txt\" at 'contents[0].parts[0]'"),
    "unknown role": ({"contents": [{"role": "assistant", "parts": [TEXT]}]}, "valid role: user, model"),
    "unknown field": ({"messages": []}, 'Unknown name "messages": Cannot find field'),
    "unknown configuration": (configured(maxTokens=3), "Unknown name \"maxTokens\" at 'generation_config'"),
    "model last": ({"contents": [user(TEXT), model(TEXT)]}, "end with a user role"),
    "no signature": (
        {"contents": [user(TEXT), model(CALL), user(RESULT)]},
        "Function call is missing a thought_signature in functionCall parts.",
    ),
    "forged signature": (
        {"contents": [user(TEXT), model({**CALL, "thoughtSignature": "bm8="}), user(RESULT)]},
        "Corrupted thought signature.",
    ),
    "fewer results": (
        {**OLD, "contents": [user(TEXT), model(CALL, CALL), user(RESULT)]},
        "number of function response",
    ),
    "no results": (
        {**OLD, "contents": [user(TEXT), model(CALL), user(TEXT)]},
        "number of function response parts",
    ),
    "results of nothing": (
        {"contents": [user(TEXT), user(RESULT)]},
        "comes immediately after a function call turn",
    ),
    "calls after calls": (
        {**OLD, "contents": [user(TEXT), model(TEXT), model(CALL), user(RESULT)]},
        "function call turn comes immediately after a user turn",
    ),
    "a result of another id": (
        {
            "contents": [
                user(TEXT),
                model({"functionCall": {**CALL["functionCall"], "id": "a"}}),
                user({"functionResponse": {**RESULT["functionResponse"], "id": "b"}}),
            ]
        },
        "Function response id b does not match",
    ),
    "a result that is a text": (
        {"contents": [user(TEXT), model(CALL), user({"functionResponse": {"name": "get_time", "response": "x"}})]},
        "contents[2].parts[0].function_response.response' (type.googleapis.com/google.protobuf.Struct)",
    ),
    "arguments that are a text": (
        {"contents": [user(TEXT), model({"functionCall": {"name": "f", "args": "{}"}}), user(RESULT)]},
        "contents[1].parts[0].function_call.args'",
    ),
    "a result without a name": (
        {"contents": [user(TEXT), model(CALL), user({"functionResponse": {"response": {}}})]},
        "function_response.name: Name cannot be empty",
    ),
    "$ref": (
        prop(**{"$ref": "#/$defs/Tag"}),
        "Unknown name \"$ref\" at 'tools[0].function_declarations[0].parameters.properties[0].value'",
    ),
    "$schema": (declared(**{"$schema": "x"}), 'Unknown name "$schema"'),
    "additionalProperties": (declared(additionalProperties=False), 'Unknown name "additionalProperties"'),
    "const": (prop(const="a"), 'Unknown name "const"'),
    "deep const": (prop(type="array", items={"anyOf": [{"const": 1}]}), ".value.items.any_of[0]'"),
    "list of types": (prop(type=["string", "null"]), "Proto field is not repeating, cannot start list."),
    "unknown type": (prop(type="str"), 'v1beta.Type), "str"'),
    "numbers in enum": (prop(type="string", enum=[1]), "enum[0]' (TYPE_STRING), 1"),
    "missing items": (prop(type="array"), "parameters.properties[tags].items: missing field."),
    "required that is not there": (declared(required=["x"]), "required[0]: property is not defined"),
    "two schemas": (
        {
            "tools": [
                {"functionDeclarations": [{"name": "f", "parameters": WEATHER, "parametersJsonSchema": WEATHER}]}
            ]
        },
        "set only one of parameters, parameters_json_schema",
    ),
    "bad name": ({"tools": [{"functionDeclarations": [{"name": "get time"}]}]}, "Invalid function name"),
    "name twice": (
        {"tools": [{"functionDeclarations": [{"name": "f"}, {"name": "f"}]}]},
        "Duplicate function declaration found: f",
    ),
    "unknown mode": (choice(mode="REQUIRED"), 'FunctionCallingConfig.Mode), "REQUIRED"'),
    "any of none": (
        {"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}},
        "set without function_declarations",
    ),
    "allowed without any": (choice(allowedFunctionNames=["get_time"]), "mode must be ANY"),
    "allowed and unknown": (choice(mode="ANY", allowedFunctionNames=["x"]), "x is not among"),
    "penalty": (configured(presencePenalty=0.5), "Penalty is not enabled for models/gemini-3.6-flash"),
    "two candidates": (configured(candidateCount=2), "Multiple candidates is not enabled"),
    "level and budget": (
        configured(thinkingConfig={"thinkingLevel": "low", "thinkingBudget": 100}),
        "only one of thinking budget and thinking level",
    ),
    "unknown level": (configured(thinkingConfig={"thinkingLevel": "xhigh"}), 'ThinkingLevel), "xhigh"'),
    "level, 2.5": ({**OLD, **configured(thinkingConfig={"thinkingLevel": "low"})}, "level is not supported"),
    "budget 0": (configured(thinkingConfig={"thinkingBudget": 0}), "only works in thinking mode"),
    "JSON beside tools, 2.5": (
        {**OLD, **configured(responseMimeType="application/json"), "tools": GEMINI_TOOLS},
        "Function calling with a response mime type",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(provider_lab, case):
    fields, words = REFUSED[case]
    answer = gemini(provider_lab, **{"contents": "Hi", **fields})
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    assert words in error["message"]


def test_what_json_schema_has_more_is_taken_as_such(provider_lab):
    schema = {"type": "object", "$defs": {"Tag": {"const": "a"}}, "properties": {"tag": {"$ref": "#/$defs/Tag"}}}
    tools = [
        {
            "functionDeclarations": [
                {"name": "tag_it", "parametersJsonSchema": {**schema, "required": ["tag"], "$schema": "x"}}
            ]
        }
    ]
    answer = gemini(provider_lab, "Please tag it", tools=tools)
    assert calls(parts_of(answer))[0]["args"] == {"tag": "a"}


def test_a_key_and_a_known_model_are_needed(provider_lab):
    nobody = gemini(provider_lab, key="")
    assert (nobody.status_code, nobody.json()["error"]["status"]) == (403, "PERMISSION_DENIED")
    unknown = gemini(provider_lab, model="claude-opus-5")
    assert (unknown.status_code, unknown.json()["error"]["status"]) == (404, "NOT_FOUND")
    assert "models/claude-opus-5 is not found" in unknown.json()["error"]["message"]


@pytest.mark.parametrize("other", [{"model": "gemini-3.8-flash"}, {"key": "another"}])
def test_a_signature_holds_for_one_model_and_one_key(provider_lab, other):
    first = parts_of(gemini(provider_lab, tools=GEMINI_TOOLS))
    answer = gemini(provider_lab, loop(first), tools=GEMINI_TOOLS, **other)
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "Corrupted thought signature.")


def test_earlier_turns_may_lack_theirs_and_a_dummy_is_taken(provider_lab):
    earlier = [user(TEXT), model(CALL), user(RESULT), model(TEXT), user({"text": "And now?"})]
    assert gemini(provider_lab, earlier).status_code == 200
    dummy = {**CALL, "thoughtSignature": "skip_thought_signature_validator"}
    assert gemini(provider_lab, [user(TEXT), model(dummy), user(RESULT)]).status_code == 200


def is_no_json(text):
    with suppress(ValueError):
        json.loads(text)
        return False
    return True


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
