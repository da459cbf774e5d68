"""What Gemini refuses, as the lab plays it."""

import pytest

from tests.salesboost.lab.gemini_said import CALL, OLD, RESULT, calls, loop, model, parts_of, user
from tests.salesboost.lab.talking import GEMINI_TOOLS, WEATHER, gemini


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
