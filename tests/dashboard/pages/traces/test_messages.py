import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.pages.traces.messages import Message, ToolUse, exchange, pretty

PARTS = {"role": "user", "parts": [{"type": "text", "content": "Price of 3 seats?"}]}
CHAT = {"role": "user", "content": "Price of 3 seats?"}
BLOCKS = {"role": "human", "content": [{"type": "text", "text": "Price of 3 seats?"}]}
INFERENCE = {"message": {"role": "user", "content": "Price of 3 seats?"}}

OTEL_USE = {
    "role": "assistant",
    "parts": [{"type": "tool_call", "id": "c1", "name": "price", "arguments": {"seats": 3}}],
    "finish_reason": "tool_call",
}
OPENAI_USE = {
    "role": "assistant",
    "content": None,
    "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "price", "arguments": '{"seats":3}'}},
    ],
}
ANTHROPIC_USE = {
    "role": "assistant",
    "content": [{"type": "tool_use", "id": "c1", "name": "price", "input": {"seats": 3}}],
}


def given_to_model(*messages):
    return exchange(json.dumps({"input": messages})).input


@pytest.mark.parametrize("message", [PARTS, CHAT, BLOCKS, INFERENCE, "Price of 3 seats?"])
def test_every_format_of_a_text_reads_the_same(message):
    assert given_to_model(message) == (Message("user", "Price of 3 seats?"),)


@pytest.mark.parametrize("message", [OTEL_USE, OPENAI_USE, ANTHROPIC_USE])
def test_every_format_of_a_tool_call_reads_the_same(message):
    assert given_to_model(message) == (Message("assistant", "", (ToolUse("price", "c1", '{"seats": 3}'),)),)


@pytest.mark.parametrize(
    "message",
    [
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "$30"}]},
        {"role": "tool", "tool_call_id": "c1", "content": "$30"},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "$30"}]},
    ],
)
def test_every_format_of_an_answer_of_a_tool_reads_the_same(message):
    assert given_to_model(message) == (Message("tool", "$30", answers="c1"),)


def test_a_plain_text_was_said_by_the_user_and_answered_by_the_model():
    assert exchange('{"input": "hello", "output": "hi"}').output == (Message("assistant", "hi"),)


def test_what_was_cut_is_read_as_far_as_it_goes():
    stored = json.dumps({"input": [CHAT, CHAT | {"content": "And of 4, with the discount?"}]})[:-20]
    assert exchange(stored).input == (Message("user", "Price of 3 seats?"),)
    assert exchange(stored).cut


def test_a_single_text_that_was_cut_is_shown():
    [message] = exchange('{"input": "once upon a ti').input
    assert "once upon a ti" in message.text


def test_a_part_that_is_no_text_is_named():
    [message] = given_to_model({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]})
    assert message.text == "[image_url]"


@pytest.mark.parametrize("depth", [300, 900, 5000])
def test_what_is_nested_endlessly_is_shown_as_it_is_or_said_to_be(depth):
    nested = "[" * depth + "]" * depth
    assert exchange(f'{{"input": {nested}}}').output == ()
    assert given_to_model({"role": "user", "content": nested})[0].text == nested
    assert pretty(nested).startswith("[")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["role", "content", "parts", "type", "message", "tool_calls", "function", "name", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, st.integers(0, 200))
def test_nothing_that_was_recorded_breaks_it(recorded, cut):
    stored = json.dumps({"input": recorded, "output": recorded})
    for text in (stored, stored[:cut], json.dumps(recorded)):
        found = exchange(text)
        assert all(isinstance(message.text, str) for message in (*found.input, *found.output))
