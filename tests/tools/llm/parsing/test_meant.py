"""Whose call it is: of several answers one, of a conversation only what a model asked for last and nobody answered."""
# ruff: noqa: E501 — its tables are read by their lines

import json

import pytest

from tools.llm.parsing import parse_calls

KNOWN = {"f", "g"}
TEXT = '{"name": "f", "arguments": {"x": 1}}'


def says(role, content, **more):
    return {"role": role, "content": content, **more}


def asks(*ids, name="f"):
    calls = [
        {"id": one, "type": "function", "function": {"name": name, "arguments": f'{{"of": "{one}"}}'}}
        for one in ids
    ]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def result(call_id):
    return {"role": "tool", "tool_call_id": call_id, "content": TEXT}


def ids_of(parsed):
    return [call.arguments.get("of", call.name) for call in parsed.calls]


def use(call_id):
    return {"type": "tool_use", "id": call_id, "name": "f", "input": {"of": call_id}}


def answer(call_id):
    return says("user", [{"type": "tool_result", "tool_use_id": call_id, "content": TEXT}])


def item(call_id):
    return {"type": "function_call", "call_id": call_id, "name": "f", "arguments": f'{{"of": "{call_id}"}}'}


def part(of, **more):
    return {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {"of": of}, **more}}]}


RESPONSE = {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {}}}]}
USER = says("user", TEXT)


def choices(*messages):
    return {
        "choices": [
            {"index": place, "message": one, "finish_reason": "stop"} for place, one in enumerate(messages)
        ]
    }


def candidates(*contents):
    return {
        "candidates": [
            {"index": place, "content": one, "finishReason": "STOP"} for place, one in enumerate(contents)
        ]
    }


ANSWERS = {
    "the first of two": (choices(asks("a"), asks("b")), ["a"]),
    "the first with a call": (choices(says("assistant", "Well."), asks("b"), asks("c")), ["b"]),
    "a call as text comes first too": (choices(says("assistant", "[f(of='t')]"), asks("b")), ["t"]),
    "behind one that failed": ({"choices": [{"message": says("assistant", ""), "finish_reason": "error"}, *choices(asks("b"))["choices"]]}, ["b"]),
    "one with two calls": (choices(asks("a", "b")), ["a", "b"]),
    "gemini, the first of two": (candidates(part("a"), part("b")), ["a"]),
    "gemini, the first with a call": (candidates({"parts": [{"text": "Well."}]}, part("b")), ["b"]),
    "written into a text": ('{"choices": [{"message": {"role": "assistant", "content": "Well."}}, {"message": {"tool_calls": [{"name": "f", "arguments": {"of": "b"}}]}}]}', ["b"]),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_of_several_answers_the_first_that_has_calls_is_the_one(name):
    message, expected = ANSWERS[name]
    parsed = parse_calls(message, known=KNOWN)
    assert (ids_of(parsed), list(parsed.problems)) == (expected, [])


def test_what_is_wrong_with_the_first_of_several_answers_is_told_where_none_has_calls():
    parsed = parse_calls(choices(asks("a", name="ff"), says("assistant", "Well.")), known=KNOWN)
    assert [problem.kind for problem in parsed.problems] == ["unknown_tool"]


@pytest.mark.parametrize(
    "role", ["tool", "function", "user", "system", "developer", "Tool", "TOOL", "User", " USER "]
)
@pytest.mark.parametrize(
    "content", [TEXT, f"<tool_call>{TEXT}</tool_call>", [{"type": "text", "text": "[f(x=1)]"}]]
)
def test_what_somebody_else_wrote_is_not_run_and_stays_text(role, content):
    parsed = parse_calls(says(role, content), known=KNOWN)
    assert (list(parsed.calls), list(parsed.problems)) == ([], [])
    assert parsed.text == (content if isinstance(content, str) else "[f(x=1)]")


OTHERS = ["tool", "function", "user", "system", "developer", "human", "TOOL", "Role.USER"]
CALLED = {
    "tool_calls": {"tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
    "its content beside": {"content": None, "tool_calls": [{"name": "f", "args": {"x": 1}}]},
    "function_call": {"function_call": {"name": "f", "arguments": "{}"}},
    "a block": {"content": [use("a")]},
    "a block of Bedrock": {"content": [{"toolUse": {"name": "f", "input": {}}}]},
    "a part": {"parts": [{"functionCall": {"name": "f", "args": {}}}]},
    "a plain call": {"name": "f", "arguments": {"x": 1}},
}
IN = {
    "alone": lambda message: message,
    "a list": lambda message: [message],
    "a history": lambda message: {"messages": [message]},
    "a list, behind the model": lambda message: [says("assistant", None), message],
    "a choice": lambda message: {"choices": [{"message": message, "finish_reason": "tool_calls"}]},
    "an answer": lambda message: {"message": message, "done": True},
    "as text": json.dumps,
    "a list as text": lambda message: json.dumps([message]),
}


@pytest.mark.parametrize("wrapped", IN.values(), ids=IN)
@pytest.mark.parametrize("called", CALLED.values(), ids=CALLED)
@pytest.mark.parametrize("role", OTHERS)
def test_nor_is_a_call_in_the_message_of_somebody_else_and_that_is_said(role, called, wrapped):
    parsed = parse_calls(wrapped({"role": role, **called}), known=KNOWN)
    assert (list(parsed.calls), [one.kind for one in parsed.problems]) == ([], ["of_others"])
    assert not parsed.failures


@pytest.mark.parametrize("role", ["assistant", "model", "ASSISTANT", "Role.MODEL", None])
@pytest.mark.parametrize("name", ["tool_calls", "function_call", "a plain call"])
def test_the_same_in_a_message_of_the_model_is_one(role, name):
    assert parse_calls({"role": role, **CALLED[name]}, known=KNOWN).calls


def test_a_role_among_data_is_no_speaker():
    written = 'She is {"role": "user", "name": "Alice"} here.'
    assert (parse_calls(written, known=KNOWN).text, parse_calls(written).calls) == (written, ())


@pytest.mark.parametrize("kind", ["human", "system", "tool"])
def test_nor_is_what_langchain_says_that_somebody_else_wrote(kind):
    assert not parse_calls({"type": kind, "content": TEXT, "tool_call_id": "a"}, known=KNOWN).calls
    assert parse_calls({"type": "ai", "content": TEXT}, known=KNOWN).calls


def test_a_refusal_is_text_for_people():
    parsed = parse_calls(
        choices({"role": "assistant", "content": None, "refusal": "I will not call [f(x=1)]."}), known=KNOWN
    )
    assert (list(parsed.calls), parsed.text) == ([], "I will not call [f(x=1)].")


HISTORIES = {
    "asked last": ([USER, asks("a")], ["a"]),
    "answered": ([USER, asks("a"), result("a")], []),
    "answered and ended": ([USER, asks("a"), result("a"), says("assistant", "Done.")], []),
    "answered, and asked anew": ([USER, asks("a"), result("a"), asks("b")], ["b"]),
    "one of two answered": ([USER, asks("a", "b"), result("a")], ["b"]),
    "the user went on": ([asks("a"), USER], []),
    "a call as text, answered": ([USER, says("assistant", TEXT), says("tool", "12"), says("assistant", "It is 12.")], []),
    "a call as text, asked last": ([USER, says("assistant", "[f(of='t')]")], ["t"]),
    "an id used again, asked last": ([USER, asks("a"), result("a"), asks("a")], ["a"]),
    "an id used again, answered": ([USER, asks("a"), result("a"), asks("a"), result("a")], []),
    "an id used again, one of two": ([USER, asks("a"), result("a"), asks("a", "b"), result("b")], ["a"]),
    "a role in capitals": ([{**USER, "role": "USER"}, {**asks("a"), "role": "ASSISTANT"}, {**result("a"), "role": "TOOL"}, asks("b")], ["b"]),
    "anthropic, an id used again": ([USER, says("assistant", [use("a")]), answer("a"), says("assistant", [use("a")])], ["a"]),
    "in an object": ({"messages": [USER, asks("a"), result("a"), asks("b")]}, ["b"]),
    "anthropic, answered": ([USER, says("assistant", [use("a")]), answer("a")], []),
    "anthropic, asked anew": ([USER, says("assistant", [use("a")]), answer("a"), says("assistant", [use("b")])], ["b"]),
    "responses, answered": ([item("a"), {"type": "function_call_output", "call_id": "a", "output": TEXT}], []),
    "responses, asked anew": ([item("a"), {"type": "function_call_output", "call_id": "a", "output": TEXT}, {"type": "reasoning"}, item("b")], ["b"]),
    "gemini, answered": ([part("a"), RESPONSE], []),
    "gemini, asked anew": ([part("a"), RESPONSE, part("b")], ["b"]),
    "gemini, with ids": ([part("a", id="1"), {"role": "user", "parts": [{"functionResponse": {"id": "1", "name": "f"}}]}], []),
    "langchain, answered": ([{"type": "ai", "content": "", "tool_calls": [{"name": "f", "args": {}, "id": "a"}]}, {"type": "tool", "content": TEXT, "tool_call_id": "a"}], []),
}  # fmt: skip


@pytest.mark.parametrize("name", HISTORIES)
def test_of_a_conversation_only_what_is_open_is_run(name):
    message, expected = HISTORIES[name]
    parsed = parse_calls(message, known=KNOWN)
    assert (ids_of(parsed), list(parsed.problems)) == (expected, [])


def test_the_text_of_a_conversation_is_what_the_model_said_last():
    parsed = parse_calls([says("user", "Hi"), asks("a"), result("a"), says("assistant", "Done.")], known=KNOWN)
    assert parsed.text == "Done."


WITHOUT = {"f": {"type": "object", "properties": {"x": {}}}, "g": {"type": "object", "required": ["x"]}}


@pytest.mark.parametrize(
    "written",
    [
        '{"tool_name": "f"}',
        '{"tool": "f", "id": "1"}',
        {"function_name": "f"},
        {"toolName": "f"},
        [{"tool_name": "f"}],
        '[{"toolName": "f"}]',
    ],
)
def test_a_name_alone_is_a_call_of_a_tool_that_needs_no_arguments(written):
    (call,) = parse_calls(written, known=WITHOUT).calls
    assert (call.name, call.arguments) == ("f", {})


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ('{"tool_name": "g"}', WITHOUT),
        ('{"tool_name": "h"}', WITHOUT),
        ('{"name": "f"}', WITHOUT),
        ('{"tool_name": "f", "since": 2019}', WITHOUT),
        ('{"tool_name": "f"}', None),
    ],
)
def test_else_a_name_alone_is_none(written, known):
    parsed = parse_calls(written, known=known)
    assert (list(parsed.calls), parsed.text) == ([], written)
