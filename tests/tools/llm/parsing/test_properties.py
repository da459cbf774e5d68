"""What holds for every call, every text and every place to cut it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tools.llm.parsing.renderings import (
    ARGUMENTS,
    KEYS,
    NAMES,
    SHAPES,
    THOUGHTS,
    VALUES,
    XML_SHAPES,
    known,
    plain,
)
from tests.tools.llm.parsing.shape_table import NOT_CALLS, TEXTS
from tools.llm.parsing import parse_calls
from tools.llm.parsing.reader import Reader

ALL_SHAPES = {**SHAPES, **XML_SHAPES}
WITHOUT_TAGS = st.dictionaries(
    KEYS, VALUES.filter(lambda value: not isinstance(value, str) or "<" not in value), min_size=1, max_size=4
)
FRAGMENTS = [text[:cut] for text, _ in [*TEXTS.values(), *NOT_CALLS.values()] for cut in (7, 23, 60, None)]
WRITTEN = st.lists(
    st.sampled_from([*FRAGMENTS, *"{}[]()\"'`,:\\<>", "\n", "</think>", "```", "“", "\0"]) | st.text(max_size=5),
    max_size=12,
).map("".join)

PROVIDERS_KEYS = st.sampled_from(
    [
        "name",
        "arguments",
        "type",
        "function",
        "tool_calls",
        "content",
        "parts",
        "candidates",
        "choices",
        "error",
        "id",
        "functionCall",
        "finishReason",
        "input",
        "output",
        "object",
        "delta",
        "index",
        "message",
        "parameters",
        "text",
        "thought",
        "role",
        "status",
        "failed_generation",
    ]
)
MESSAGES = st.recursive(
    VALUES, lambda inner: st.dictionaries(PROVIDERS_KEYS, inner | st.lists(inner, max_size=2), max_size=4)
)


def arguments_for(shape):
    return WITHOUT_TAGS if shape in XML_SHAPES else ARGUMENTS


def calls_of(parsed):
    return [(call.name, call.arguments) for call in parsed.calls]


@given(WRITTEN, st.sampled_from([None, {"f", "g"}, {"f": {"properties": {"x": {"type": "string"}}}}]))
@settings(max_examples=300)
def test_no_text_raises_and_every_call_can_be_run(written, tools):
    parsed = parse_calls(written, known=tools)
    assert len({call.call_id for call in parsed.calls}) == len(parsed.calls)
    for call in parsed.calls:
        assert 0 <= call.start < call.end <= len(written)
        assert tools is None or call.name in tools
        assert json.loads(json.dumps(call.arguments, allow_nan=False)) == call.arguments
    assert all(0 <= problem.position <= len(written) for problem in parsed.problems)


@given(MESSAGES)
@settings(max_examples=300)
def test_no_object_raises(message):
    parse_calls(message)
    parse_calls(json.dumps(message))


@pytest.mark.parametrize("shape", ALL_SHAPES)
@given(data=st.data())
@settings(max_examples=40)
def test_a_call_written_in_a_shape_comes_back_exactly(shape, data):
    name, arguments = data.draw(NAMES), data.draw(arguments_for(shape))
    parsed = parse_calls(ALL_SHAPES[shape](name, arguments), known=known(name, arguments))
    assert [call.name for call in parsed.calls] == [name]
    # As JSON: to Python 1, 1.0 and True are equal.
    assert json.dumps(parsed.calls[0].arguments) == json.dumps(arguments)


@pytest.mark.parametrize("shape", ALL_SHAPES)
@given(data=st.data())
@settings(max_examples=15)
def test_no_part_of_a_call_is_a_call_with_other_arguments(shape, data):
    name, arguments = data.draw(NAMES), data.draw(arguments_for(shape))
    written = ALL_SHAPES[shape](name, arguments)
    for cut in range(len(written)):
        assert calls_of(parse_calls(written[:cut], known=known(name, arguments))) in ([], [(name, arguments)])


@pytest.mark.parametrize("shape", ALL_SHAPES)
@given(data=st.data())
@settings(max_examples=15)
def test_no_part_of_a_call_is_a_call_of_whatever_it_quotes(shape, data):
    """The tools inside the arguments exist too."""
    name, arguments = data.draw(NAMES), data.draw(arguments_for(shape))
    tools = {**known(name, arguments), "g": {}, "f": {}}
    written = ALL_SHAPES[shape](name, arguments)
    for cut in range(len(written)):
        assert {call.name for call in parse_calls(written[:cut], known=tools).calls} <= {name}


@pytest.mark.parametrize("thought", THOUGHTS, ids="".join)
@pytest.mark.parametrize("shape", ALL_SHAPES)
def test_what_is_thought_or_quoted_is_not_run(shape, thought):
    opening, closing = thought
    written = ALL_SHAPES[shape]("f", {"x": 1})
    assert not parse_calls(f"{opening}{written}{closing}", known={"f"}).calls
    assert not parse_calls(f"Hm.\n{opening}\n{written}\n{closing}\nNo.", known={"f"}).calls


@pytest.mark.parametrize("shape", [shape for shape in ALL_SHAPES if shape != "half tag"])
def test_a_call_after_a_thought_is_run(shape):
    written = ALL_SHAPES[shape]("f", {"x": 1})
    parsed = parse_calls(f"<think>{written} or {written}</think>\n{written}", known={"f"})
    assert calls_of(parsed) == [("f", {"x": 1})]


@given(VALUES)
def test_valid_json_is_read_as_json_says_and_needs_no_repair(value):
    for written in (json.dumps(value), json.dumps(value, indent=1, ensure_ascii=False)):
        reader = Reader(written)
        read = reader.whole()
        assert (read, type(read), reader.repairs) == (value, type(value), [])


@given(ARGUMENTS)
def test_a_call_cannot_be_changed_after_it_was_parsed(arguments):
    (call,) = parse_calls(plain("f", {"kept": arguments})).calls
    approved = call.arguments_json
    call.arguments["kept"]["added"] = "later"
    assert call.arguments == {"kept": arguments}
    assert call.arguments_json == approved
