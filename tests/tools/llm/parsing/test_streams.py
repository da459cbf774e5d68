"""Answers in pieces, as providers really send them."""
# ruff: noqa: E501 — its tables are read by their lines

import pytest

from tools.llm.parsing import repairs
from tools.llm.parsing.streams import STREAMS


def openai(*deltas, reason="tool_calls"):
    chunks = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    return [*chunks, {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}]


def piece(index=0, call_id=None, name=None, arguments=None):
    function = {"name": name, "arguments": arguments}
    return {"tool_calls": [{"index": index, "id": call_id, "function": function}]}


def anthropic(*blocks, reason="tool_use"):
    events = [{"type": "message_start", "message": {"content": []}}]
    for index, (start, deltas, closed) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": start})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        events += [{"type": "content_block_stop", "index": index}] if closed else []
    return [*events, {"type": "message_delta", "delta": {"stop_reason": reason}}, {"type": "message_stop"}]


def use(*pieces, start=None, closed=True):
    block = {"type": "tool_use", "id": "t1", "name": "f", "input": start or {}}
    return block, [{"type": "input_json_delta", "partial_json": text} for text in pieces], closed


def read(provider, pieces):
    stream = STREAMS[provider]()
    for one in pieces:
        stream.add(one)
    return stream.finish(known={"f", "g"})


CALLS = {
    "fragments": ("openai", openai(piece(0, "a", "f", ""), piece(0, arguments='{"x"'), piece(0, arguments=": 1}"))),
    "id and name in each fragment": ("openai", openai(piece(0, "a", "f", '{"x"'), piece(0, "a", "f", ": 1}"))),
    "name in each fragment": ("openai", openai(piece(0, None, "f", '{"x"'), piece(0, None, "f", ": 1}"))),
    "id comes late": ("openai", openai(piece(0, None, "f", ""), piece(0, "a", None, '{"x": 1}'))),
    "no index": ("openai", openai(piece(None, "a", "f", '{"x"'), piece(None, "a", None, ": 1}"))),
    "chunk sent twice": ("openai", openai(piece(0, "a", "f", '{"x": 1}'), piece(0, "a", "f", '{"x": 1}'))),
    "two ends": ("openai", [*openai(piece(0, "a", "f", '{"x": 1}')), *openai()]),
    "call repeated at the end": ("openai", openai(piece(0, "a", "f", '{"x": 1}'), {}, piece(1, "a", "f", '{"x": 1}'))),
    "object as arguments": ("openai", openai(piece(0, "a", "f", {"x": 1}))),
    "old function_call": ("openai", openai({"function_call": {"name": "f"}}, {"function_call": {"arguments": '{"x": 1}'}})),
    "call in the text": ("openai", openai({"content": '<tool_call>{"name": "f", '}, {"content": '"arguments": {"x": 1}}'})),
    "error with what was generated": ("openai", [*openai(), {"error": {"code": "tool_use_failed", "failed_generation": '<function=f>{"x": 1}</function>'}}]),
    "anthropic": ("anthropic", anthropic(use("", '{"x"', ": 1}"))),
    "anthropic, start filled too": ("anthropic", anthropic(use('{"x": 1}', start={"x": 1}))),
    "anthropic, start filled alone": ("anthropic", anthropic(use(start={"x": 1}))),
    "anthropic, whole but not closed": ("anthropic", anthropic(use('{"x": 1}', closed=False))),
    "gemini": ("gemini", [{"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": {"x": 1}}}]}, "finishReason": "STOP"}]}]),
    "gemini, text over chunks": ("gemini", [{"candidates": [{"content": {"parts": [{"text": text}]}}]} for text in ("[f(", "x=1)]")]),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_one_call_is_read(name):
    parsed = read(*CALLS[name])
    assert [(call.name, call.arguments) for call in parsed.calls] == [("f", {"x": 1})]
    assert not parsed.problems


TWO = {
    "two indexes": (piece(0, "a", "f", '{"x"'), piece(1, "b", "g", "{}"), piece(0, arguments=": 1}")),
    "one index, two ids": (piece(0, "a", "f", '{"x": 1}'), piece(0, "b", "g", "{}")),
    "one index, two ids, in turns": (piece(0, "a", "f", '{"x"'), piece(0, "b", "g", "{"), piece(0, "a", None, ": 1}"), piece(0, "b", None, "}")),
    "one index, no ids": (piece(0, "", "f", '{"x": 1}'), piece(0, "", "g", "{}")),
    "one id, two indexes": (piece(0, "a", "f", '{"x": 1}'), piece(1, "a", "g", "{}")),
}  # fmt: skip


@pytest.mark.parametrize("name", TWO)
def test_two_calls_are_kept_apart_and_get_ids_of_their_own(name):
    parsed = read("openai", openai(*TWO[name]))
    assert [(call.name, call.arguments) for call in parsed.calls] == [("f", {"x": 1}), ("g", {})]
    assert len({call.call_id for call in parsed.calls}) == 2


def test_the_same_tool_twice_without_ids_is_two_calls():
    parsed = read("openai", openai(piece(0, "", "f", '{"x": 1}'), piece(0, "", "f", '{"x": 1}')))
    assert len(parsed.calls) == 2


def test_a_chunk_sent_twice_is_named_as_a_repair():
    parsed = read(*CALLS["chunk sent twice"])
    assert repairs.DOUBLED_CALL in parsed.calls[0].repairs


NOTHING = {
    "cut inside": ("openai", openai(piece(0, "a", "f", '{"x": '), reason="length"), "truncated"),
    "cut before the arguments": ("openai", openai(piece(0, "a", "f", ""), reason="length"), "truncated"),
    "broken off before the arguments": ("openai", openai(piece(0, "a", "f", ""))[:1], "truncated"),
    "ended by an error": ("openai", openai(piece(0, "a", "f", "{}"), reason="error"), "provider_failed"),
    "two objects under one id": ("openai", openai(piece(0, "a", "f", '{"x": 1}'), piece(0, "a", None, '{"y": 2}')), "malformed"),
    "first bytes lost": ("anthropic", anthropic(use("code", '":', ' "a"}')), "malformed"),
    "never closes": ("anthropic", anthropic(use('{"x": "a', closed=False), reason="max_tokens"), "truncated"),
    "never closes, closed all the same": ("anthropic", anthropic(use('{"x": "a'), reason="max_tokens"), "truncated"),
    "no input before max_tokens": ("anthropic", anthropic(use(), reason="max_tokens"), "truncated"),
    "start lost": ("anthropic", [{"type": "content_block_delta", "index": 0, "delta": {"partial_json": "{}"}}], "bad_name"),
    "anthropic's error": ("anthropic", [{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}], "provider_failed"),
    "nothing at all": ("anthropic", [], "provider_failed"),
    "filtered before the arguments": ("openai", openai(piece(0, "a", "f", ""), reason="content_filter"), "provider_failed"),
    "refused before the input": ("anthropic", anthropic(use(), reason="refusal"), "provider_failed"),
    "refused before everything": ("anthropic", anthropic(reason="refusal"), "provider_failed"),
    "gemini, blocked": ("gemini", [{"candidates": [{"content": {"parts": [{"functionCall": {"name": "f"}}]}}]}, {"candidates": [{"finishReason": "SAFETY"}]}], "provider_failed"),
    "gemini, question blocked": ("gemini", [{"promptFeedback": {"blockReason": "SAFETY"}}], "provider_failed"),
    "gemini says malformed": ("gemini", [
        {"candidates": [{"content": {"parts": [{"functionCall": {"name": "f", "args": {}}}]}}]},
        {"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": "print(f())"}]},
    ], "provider_failed"),
}  # fmt: skip


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_is_run(name):
    provider, pieces, kind = NOTHING[name]
    parsed = read(provider, pieces)
    assert not parsed.calls
    assert [problem.kind for problem in parsed.problems] == [kind]


def test_a_call_without_arguments_is_run_when_the_stream_ends_well():
    parsed = read("anthropic", anthropic(use()))
    assert [(call.name, call.arguments) for call in parsed.calls] == [("f", {})]


def test_thinking_is_not_run_and_text_is_left():
    block = ({"type": "thinking", "thinking": ""}, [{"type": "thinking_delta", "thinking": "[f(x=1)]"}], True)
    text = ({"type": "text", "text": ""}, [{"type": "text_delta", "text": "Hello"}], True)
    parsed = read("anthropic", anthropic(block, text, reason="end_turn"))
    assert (list(parsed.calls), parsed.text) == ([], "Hello")


def test_of_several_answers_in_pieces_the_first_that_has_calls_is_the_one():
    pieces = [
        {
            "choices": [
                {"index": 2, "delta": piece(0, "c", "g", "{}")},
                {"index": 1, "delta": piece(0, "b", "f", '{"x"')},
            ]
        },
        {
            "choices": [
                {"index": 0, "delta": {"content": "Well."}},
                {"index": 1, "delta": piece(0, None, None, ": 1}")},
            ]
        },
        {"choices": [{"index": index, "delta": {}, "finish_reason": "stop"} for index in range(3)]},
    ]
    assert [(call.name, call.arguments) for call in read("openai", pieces).calls] == [("f", {"x": 1})]
    call = {"functionCall": {"name": "f", "args": {"x": 1}}}
    contents = [{"index": index, "content": {"parts": [call]}, "finishReason": "STOP"} for index in (1, 0)]
    assert len(read("gemini", [{"candidates": [one]} for one in contents]).calls) == 1
