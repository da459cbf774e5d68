"""Providers' own objects: messages, answers, blocks."""
# ruff: noqa: E501 — its tables are read by their lines

import pytest

from tools.llm.parsing import parse_calls, repairs

KNOWN = {"f", "g"}


def function(name, arguments, call_id="a"):
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def completion(*calls, reason="tool_calls", content=None):
    message = {"role": "assistant", "content": content, "tool_calls": list(calls)}
    return {"choices": [{"message": message, "finish_reason": reason}]}


def anthropic(*blocks, reason="tool_use"):
    return {"type": "message", "role": "assistant", "content": list(blocks), "stop_reason": reason}


def use(arguments, name="f", call_id="t"):
    return {"type": "tool_use", "id": call_id, "name": name, "input": arguments}


def gemini(*parts, reason="STOP"):
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}, "finishReason": reason}]}


def bedrock(*blocks, reason="tool_use"):
    return {"output": {"message": {"role": "assistant", "content": list(blocks)}}, "stopReason": reason}


def langchain(content="", **fields):
    return {"type": "ai", "content": content, **fields}


PART = {"functionCall": {"name": "f", "args": {"x": 1}}}
ITEM = {"type": "function_call", "call_id": "c", "name": "f", "arguments": '{"x": 1}'}
AI_CALL = {"type": "tool-call", "toolCallId": "c", "toolName": "f", "input": {"x": 1}}
PYDANTIC_CALL = {"part_kind": "tool-call", "tool_name": "f", "args": {"x": 1}, "tool_call_id": "c"}
LANGCHAIN_CALL = {"content": "", "tool_calls": [{"name": "f", "args": {"x": 1}, "id": "a"}]}
CALLS = {
    "openai answer": completion(function("f", '{"x": 1}')),
    "openai message": completion(function("f", '{"x": 1}'))["choices"][0]["message"],
    "openai call": function("f", '{"x": 1}'),
    "openai list of calls": [function("f", '{"x": 1}')],
    "openai, prefix of the name": completion(function("functions.f", '{"x": 1}')),
    "openai, arguments as an object": completion(function("f", {"x": 1})),
    "openai, faults in the arguments": completion(function("f", "{x: 1,}")),
    "openai, id missing": completion({"function": {"name": "f", "arguments": '{"x": 1}'}}),
    "openai, finish_reason stop": completion(function("f", '{"x": 1}'), reason="stop"),
    "openai, whole although cut off": completion(function("f", '{"x": 1}'), reason="length"),
    "function_call": {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": '{"x": 1}'}},
    "llama json in the content": {"role": "assistant", "content": '{"name": "f", "parameters": {"x": 1}}', "tool_calls": None},
    "responses item": ITEM,
    "responses answer": {"object": "response", "output": [{"type": "reasoning", "summary": []}, ITEM]},
    "anthropic answer": anthropic({"type": "text", "text": "So."}, use({"x": 1})),
    "anthropic blocks": [{"type": "thinking", "thinking": "[g()]"}, use({"x": 1})],
    "anthropic, input as text": anthropic(use('{"x": 1}')),
    "gemini answer": gemini(PART),
    "gemini, its own code beside": gemini({"executableCode": {"code": "g()"}}, {"codeExecutionResult": {"output": "1"}}, PART),
    "gemini part": PART,
    "gemini parts": [{"text": "So."}, PART],
    "gemini, thought beside": gemini({"text": "[g()]", "thought": True}, PART),
    "ollama": {"model": "m", "message": {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f", "arguments": {"x": 1}}}]}, "done": True, "done_reason": "stop"},
    "ollama, generated": {"model": "m", "response": "[f(x=1)]", "done": True},
    "bedrock": bedrock({"text": "So."}, {"toolUse": {"toolUseId": "t", "name": "f", "input": {"x": 1}}}),
    "bedrock message": bedrock({"toolUse": {"toolUseId": "t", "name": "f", "input": {"x": 1}}})["output"]["message"],
    "bedrock block": {"toolUse": {"toolUseId": "t", "name": "f", "input": {"x": 1}}},
    "cohere": {"id": "c", "finish_reason": "TOOL_CALL", "message": {"role": "assistant", "tool_plan": "I call [g()]", "tool_calls": [function("f", '{"x": 1}')]}},
    "langchain": langchain(tool_calls=[{"name": "f", "args": {"x": 1}, "id": "a", "type": "tool_call"}]),
    "langchain, content repeats the call": langchain(content=[{"type": "text", "text": "So."}, use({"x": 1})], tool_calls=[{"name": "f", "args": {"x": 1}, "id": "t"}]),
    "langchain, invalid": langchain(tool_calls=[], invalid_tool_calls=[{"name": "f", "args": "{'x': 1}", "id": "a", "error": "no JSON"}]),
    "langchain, stored": {"lc": 1, "type": "constructor", "id": ["langchain", "schema", "AIMessage"], "kwargs": langchain(tool_calls=[{"name": "f", "args": {"x": 1}, "id": "a"}])},
    "langchain, as a dict": {"type": "ai", "data": langchain(tool_calls=[{"name": "f", "args": {"x": 1}, "id": "a"}])},
    "openai, a message without a role": {"choices": [{"message": {"content": "[f(x=1)]"}}]},
    "openai, content in parts": {"role": "assistant", "content": [{"type": "output_text", "text": "[f(x=1)]"}]},
    "openai, filtered but whole": completion(function("f", '{"x": 1}'), reason="content_filter"),
    "anthropic, refusal behind a whole call": anthropic(use({"x": 1}), {"type": "text", "text": ""}, reason="refusal"),
    "responses, without what it is": {"id": "r", "output": [{"type": "reasoning", "summary": []}, ITEM]},
    "ai sdk": {"role": "assistant", "content": [{"type": "text", "text": "So."}, AI_CALL]},
    "ai sdk, args": {"role": "assistant", "content": [{"type": "tool-call", "toolCallId": "c", "toolName": "f", "args": {"x": 1}}]},
    "ai sdk, input as text": {"role": "assistant", "content": [{**AI_CALL, "input": '{"x": 1}'}]},
    "ai sdk block": AI_CALL,
    "ai sdk, made by the provider beside": {"role": "assistant", "content": [{**AI_CALL, "toolName": "g", "providerExecuted": True}, AI_CALL]},
    "ai sdk, in a conversation": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [{**AI_CALL, "toolCallId": "b"}]}, {"role": "tool", "content": [{"type": "tool-result", "toolCallId": "b", "toolName": "f", "output": 1}]}, {"role": "assistant", "content": [AI_CALL]}],
    "generateText": {"text": "", "toolCalls": [AI_CALL], "toolResults": [], "finishReason": "tool-calls"},
    "toolCalls of others": {"role": "assistant", "content": "", "toolCalls": [{"id": "a", "name": "f", "arguments": '{"x": 1}'}]},
    "toolName": {"toolName": "f", "arguments": {"x": 1}},
    "pydantic-ai": {"parts": [{"part_kind": "text", "content": "So."}, PYDANTIC_CALL], "kind": "response", "finish_reason": "tool_call"},
    "pydantic-ai, args as text": {"parts": [{**PYDANTIC_CALL, "args": '{"x": 1}'}], "kind": "response"},
    "pydantic-ai part": PYDANTIC_CALL,
    "pydantic-ai, thought beside": {"parts": [{"part_kind": "thinking", "content": "[g()]"}, PYDANTIC_CALL], "kind": "response"},
    "pydantic-ai, in a conversation": [{"kind": "response", "parts": [{**PYDANTIC_CALL, "tool_call_id": "b"}]}, {"kind": "request", "parts": [{"part_kind": "tool-return", "tool_call_id": "b", "tool_name": "f", "content": 1}]}, {"kind": "response", "parts": [PYDANTIC_CALL]}],
    "langchain, generations": {"generations": [[{"text": "", "message": {"lc": 1, "type": "constructor", "id": ["langchain", "AIMessage"], "kwargs": LANGCHAIN_CALL}}]], "llm_output": {}},
    "langchain, generations of kwargs": {"generations": [[{"message": {"kwargs": LANGCHAIN_CALL}}]]},
    "langchain, the first generation with calls": {"generations": [[{"message": {"type": "ai", "content": "Well."}}, {"message": {"kwargs": LANGCHAIN_CALL}}]]},
    "langchain, a ChatResult": {"generations": [{"message": {"type": "ai", "data": LANGCHAIN_CALL}}]},
    "langchain, generations of text": {"generations": [[{"text": "[f(x=1)]"}]]},
    "parallel": function("multi_tool_use.parallel", '{"tool_uses": [{"recipient_name": "functions.f", "parameters": {"x": 1}}]}'),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_read(name):
    parsed = parse_calls(CALLS[name], known=KNOWN)
    assert [(call.name, call.arguments) for call in parsed.calls] == [("f", {"x": 1})]
    assert not parsed.problems


NOTHING = {
    "gemini malformed, no content": ({"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL", "index": 0}]}, "provider_failed"),
    "gemini malformed, empty content": ({"candidates": [{"content": {}, "finishReason": "MALFORMED_FUNCTION_CALL"}]}, "provider_failed"),
    "gemini malformed beside a call": (gemini(PART, reason="MALFORMED_FUNCTION_CALL"), "provider_failed"),
    "gemini unexpected": ({"candidates": [{"finishReason": "UNEXPECTED_TOOL_CALL"}]}, "provider_failed"),
    "gemini cut off": (gemini({"functionCall": {"name": "f"}}, reason="MAX_TOKENS"), "truncated"),
    "openai cut off": (completion(function("f", '{"x": "a'), reason="length"), "truncated"),
    "openai cut off before the arguments": (completion(function("f", ""), reason="length"), "truncated"),
    "openai ended by an error": (completion(function("f", "{}"), reason="error"), "provider_failed"),
    "error with status 200": ({"error": {"code": 429, "message": "Rate limited"}}, "provider_failed"),
    "openai, filtered before the arguments": (completion(function("f", ""), reason="content_filter"), "provider_failed"),
    "openai, filtered before everything": (completion(reason="content_filter"), "provider_failed"),
    "anthropic, refused before the arguments": (anthropic(use({}), reason="refusal"), "provider_failed"),
    "anthropic, refused before everything": (anthropic(reason="refusal"), "provider_failed"),
    "anthropic, context spent": (anthropic(use({}), reason="model_context_window_exceeded"), "truncated"),
    "gemini, blocked before the arguments": (gemini({"functionCall": {"name": "f", "args": {}}}, reason="SAFETY"), "provider_failed"),
    "gemini, blocked before everything": ({"candidates": [{"finishReason": "PROHIBITED_CONTENT"}]}, "provider_failed"),
    "gemini, question blocked": ({"promptFeedback": {"blockReason": "SAFETY"}}, "provider_failed"),
    "gemini, too many calls": (gemini(PART, reason="TOO_MANY_TOOL_CALLS"), "provider_failed"),
    "ollama cut off": ({"message": {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]}, "done_reason": "length"}, "truncated"),
    "bedrock cut off": (bedrock({"toolUse": {"name": "f", "input": {}}}, reason="max_tokens"), "truncated"),
    "bedrock, guardrail": (bedrock({"toolUse": {"name": "f", "input": {}}}, reason="guardrail_intervened"), "provider_failed"),
    "bedrock malformed": (bedrock({"toolUse": {"name": "f", "input": {"x": 1}}}, reason="malformed_tool_use"), "provider_failed"),
    "cohere cut off": ({"finish_reason": "MAX_TOKENS", "message": {"role": "assistant", "tool_calls": [function("f", "")]}}, "truncated"),
    "cohere failed": ({"finish_reason": "ERROR", "message": {"role": "assistant", "tool_calls": [function("f", "{}")]}}, "provider_failed"),
    "langchain, invalid and cut off": (langchain(invalid_tool_calls=[{"name": "f", "args": '{"x": ', "id": "a"}], tool_calls=[]), "truncated"),
    "langchain, cut off": (langchain(tool_calls=[{"name": "f", "args": {}, "id": "a"}], response_metadata={"finish_reason": "length"}), "truncated"),
    "responses, filtered": ({"object": "response", "status": "incomplete", "incomplete_details": {"reason": "content_filter"}, "output": []}, "provider_failed"),
    "responses, incomplete": ({**ITEM, "arguments": "", "status": "incomplete"}, "truncated"),
    "anthropic cut off": (anthropic(use({}), reason="max_tokens"), "truncated"),
    "ai sdk cut off": ({"content": [{**AI_CALL, "input": {}}], "finishReason": "length"}, "truncated"),
    "pydantic-ai cut off": ({"kind": "response", "parts": [{**PYDANTIC_CALL, "args": ""}], "finish_reason": "length"}, "truncated"),
    "langchain, a generation cut off": ({"generations": [[{"message": {"kwargs": {**LANGCHAIN_CALL, "tool_calls": [{"name": "f", "args": {}, "id": "a"}]}}, "generation_info": {"finish_reason": "length"}}]]}, "truncated"),
    "pydantic-ai, of others": ({"kind": "request", "parts": [PYDANTIC_CALL]}, "of_others"),
    "a name alone, of no known shape": ({"toolName": "ff"}, "malformed"),
    "a list of such": ([{"tool_name": "ff"}], "malformed"),
    "a block of no known shape": ({"role": "assistant", "content": [{"type": "tool_invocation", "tool": {"id": 1}}]}, "malformed"),
    "such a block beside a text": ({"role": "assistant", "content": [{"type": "text", "text": "So."}, {"type": "tool-use", "of": "f"}]}, "malformed"),
    "such a block in a conversation": ([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [{"type": "tool-use", "of": "f"}]}], "malformed"),
    "under a key of no known shape": ({"role": "assistant", "content": "", "toolInvocations": [{"state": "call", "toolName": "f", "args": {}}]}, "malformed"),
    "responses, a tool of free text": ({"object": "response", "output": [{"type": "custom_tool_call", "name": "f", "input": "x"}]}, "malformed"),
    "unknown tool": (completion(function("ff", "{}")), "unknown_tool"),
    "no name": (completion(function(None, "{}")), "bad_name"),
    "two objects in the arguments": (completion(function("f", '{"x":1}{"y":2}')), "malformed"),
}  # fmt: skip


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_is_run(name):
    message, kind = NOTHING[name]
    parsed = parse_calls(message, known=KNOWN)
    assert not parsed.calls
    assert [problem.kind for problem in parsed.problems] == [kind]


SPENT = [
    "length",
    "model_length",
    "max_tokens",
    "MAX_TOKENS",
    "max_output_tokens",
    "incomplete",
    "context_window_exceeded",
    "model_context_window_exceeded",
    "time_limit",
    "FinishReason.MAX_TOKENS",
    "FINISH_REASON_MAX_TOKENS",
    "maxTokens",
    "a_new_word",
]
STOPPED = [
    "content_filter",
    "content-filter",
    "ContentFilter",
    "content_filtered",
    "guardrail_intervened",
    "RECITATION",
    "SAFETY",
    "refusal",
    "IMAGE_PROHIBITED_CONTENT",
    "MODEL_ARMOR",
    "sensitive",
]
FAILED = ["error", "malformed_tool_use", "MALFORMED_FUNCTION_CALL", "network_error", "ERROR"]
ORDERLY = ["stop", "tool_calls", "tool-calls", "TOOL_CALL", "end_turn", "COMPLETE", "eos_token", "", None, "Stop"]
ENDED = [(word, "truncated") for word in SPENT] + [(word, "provider_failed") for word in (*STOPPED, *FAILED)]
EMPTY = ["", None, {}, "{}", " { } ", "null", '"{}"', '{"arguments": {}}']


def answers(arguments, reason):
    """One call in the answers of three providers."""
    return [
        completion(function("f", arguments), reason=reason),
        anthropic(use(arguments), {"type": "text", "text": ""}, reason=reason),
        gemini({"functionCall": {"name": "f", "args": arguments}}, reason=reason),
    ]


@pytest.mark.parametrize("known", [{"f"}, {"f": {"type": "object", "required": ["x"]}}], ids=["free", "required"])
@pytest.mark.parametrize("arguments", EMPTY, ids=repr)
@pytest.mark.parametrize(("reason", "kind"), ENDED)
def test_empty_arguments_are_not_run_after_an_end_that_is_no_orderly_one(reason, kind, arguments, known):
    for message in answers(arguments, reason):
        parsed = parse_calls(message, known=known)
        assert (list(parsed.calls), [one.kind for one in parsed.problems]) == ([], [kind])


@pytest.mark.parametrize("arguments", EMPTY, ids=repr)
@pytest.mark.parametrize("reason", ORDERLY)
def test_after_an_orderly_end_they_are_no_arguments(reason, arguments):
    for message in answers(arguments, reason):
        assert [call.arguments for call in parse_calls(message, known=KNOWN).calls] == [{}]


@pytest.mark.parametrize("reason", [*SPENT, *STOPPED])
def test_whole_arguments_are_run_whatever_the_end(reason):
    for message in answers({"x": 1}, reason):
        assert [call.arguments for call in parse_calls(message, known=KNOWN).calls] == [{"x": 1}]


@pytest.mark.parametrize(
    "message",
    [
        *({}, [], {"name": "Alice", "age": 3}, {"output": [{"text": "12"}]}, {"role": "assistant", "content": None}),
        *(completion(reason="stop"), {"generations": []}, {"parts": [{"part_kind": "text", "content": "Well."}]}),
        {"role": "assistant", "content": [AI_CALL, {"type": "tool-result", "toolCallId": "c", "toolName": "f"}]},
        anthropic({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}, {"type": "web_search_tool_result", "tool_use_id": "s", "content": []}, {"type": "text", "text": "Found."}),
        anthropic({"type": "text", "text": "See."}, {"type": "mcp_tool_use", "id": "m", "name": "g", "input": {}}, {"type": "mcp_tool_result", "tool_use_id": "m"}),
        {"role": "assistant", "content": "Well.", "tool_calls": None, "function_call": None, "usage": {"server_tool_use": {}}},
        {"type": "tool-result", "toolCallId": "c", "toolName": "f", "input": {"x": 1}, "output": 2},
        [{"role": "assistant", "content": [AI_CALL]}, {"role": "tool", "content": [{"type": "tool-result", "toolCallId": "c"}]}],
    ],
)  # fmt: skip
def test_where_no_call_was_meant_there_is_no_problem(message):
    parsed = parse_calls(message, known=KNOWN)
    assert (list(parsed.calls), list(parsed.problems)) == ([], [])


KEYS = [
    "role",
    "type",
    "kind",
    "part_kind",
    "content",
    "parts",
    "toolName",
    "toolCallId",
    "input",
    "args",
    "toolCalls",
    "toolResults",
    "generations",
    "message",
    "kwargs",
    "output",
    "tool_calls",
    "function_call",
    "finish_reason",
    "status",
    "name",
]
ODD = [None, 1, "x", "tool-call", [], {}, [[]], [{}], [{"type": []}], [{"type": "tool-call", "toolName": {}}]]


@pytest.mark.parametrize(
    "odd", [*ODD, [{"part_kind": {}}], [{"toolCallId": [], "toolName": []}], {"type": {}}], ids=repr
)
@pytest.mark.parametrize("key", KEYS)
def test_odd_values_do_no_harm(key, odd):
    for message in (
        AI_CALL,
        PYDANTIC_CALL,
        ITEM,
        *(CALLS[name] for name in CALLS if name.startswith(("ai", "pyd"))),
    ):
        if isinstance(message, dict):
            parse_calls({**message, key: odd}, known=KNOWN)
            parse_calls([{**message, key: odd}], known=KNOWN)
            parse_calls({"role": "assistant", "content": [{**message, key: odd}]}, known=KNOWN)
            parse_calls({"output": [{**message, key: odd}], "parts": [{key: odd}]}, known=KNOWN)


def test_a_thought_in_a_signature_alone_holds_nothing():
    assert parse_calls({"role": "model", "parts": [{"thoughtSignature": "abc"}]}).calls == ()


def test_calls_that_share_an_id_get_ids_of_their_own_and_keep_the_old_one():
    parsed = parse_calls(completion(function("f", "{}"), function("g", "{}"), function("f", '{"x": 1}')))
    assert [call.original_id for call in parsed.calls] == ["a"] * 3
    assert parsed.calls[0].call_id == "a"
    assert len({call.call_id for call in parsed.calls}) == 3
    assert [repairs.DUPLICATE_ID in call.repairs for call in parsed.calls] == [False, True, True]


def test_the_same_call_under_the_same_id_is_one():
    parsed = parse_calls(completion(function("f", "{}"), function("f", " {} ")))
    assert [call.repairs for call in parsed.calls] == [(repairs.DOUBLED_CALL,)]


def test_the_same_call_under_another_id_is_another():
    assert len(parse_calls(completion(function("f", "{}"), function("f", "{}", "b"))).calls) == 2


@pytest.mark.parametrize("call_id", ["", None, "x" * 200, "a\nb"])
def test_an_id_that_cannot_be_used_is_replaced(call_id):
    (call,) = parse_calls(completion(function("f", "{}", call_id))).calls
    assert call.call_id.startswith("call_")
    assert call.original_id == (call_id or "")


def test_text_beside_calls_is_for_people_and_not_searched():
    parsed = parse_calls(completion(function("f", "{}"), content="I call [g()]"), known=KNOWN)
    assert [call.name for call in parsed.calls] == ["f"]
    assert parsed.text == "I call [g()]"


def test_one_bad_call_does_not_take_the_others_with_it():
    parsed = parse_calls(completion(function("f", "{"), function("g", "{}", "b")), known=KNOWN)
    assert [call.name for call in parsed.calls] == ["g"]
    assert [problem.kind for problem in parsed.problems] == ["truncated"]


def test_arguments_of_a_native_call_are_text_by_rule_and_that_is_no_repair():
    assert parse_calls(completion(function("f", '{"x": 1}'))).calls[0].repairs == ()


def test_more_calls_than_may_run_are_all_refused():
    parsed = parse_calls(completion(*(function("f", "{}", f"c{n}") for n in range(101))))
    assert (list(parsed.calls), [problem.kind for problem in parsed.problems]) == ([], ["too_many"])
