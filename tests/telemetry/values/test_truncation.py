"""Of what is too long to be kept both ends are."""

import json

import pytest

from dashboard.pages.traces.messages import exchange
from telemetry.spans.finished import SpanFacts
from telemetry.spans.rows import row_from_facts
from telemetry.values.texts import LEFT_OUT, both_ends
from telemetry.values.truncation import cut_messages, cut_payload, fitted

LONG = "first " + "x" * 60_000 + " last"


def said(content, role="user"):
    return {"role": role, "content": content}


@pytest.mark.parametrize("limit", [0, 1, 5, 20, 21, 100, 101])
def test_a_text_is_never_longer_than_its_limit(limit):
    assert len(both_ends("y" * 1000, limit)) == limit


def test_a_text_keeps_its_beginning_and_its_end_and_says_where_it_was_cut():
    cut = both_ends("begins " + "x" * 500 + " ends", 100)
    assert cut.startswith("begins x") and cut.endswith("x ends") and LEFT_OUT in cut
    assert both_ends("short", 100) == "short"


@pytest.mark.parametrize(
    ("sides", "kept"),
    [
        ({"input": LONG, "output": "the answer"}, ["first", "last", "the answer"]),
        ({"input": "the question", "output": LONG}, ["the question", "first", "last"]),
        ({"input": LONG, "output": LONG.upper()}, ["first", "last", "FIRST", "LAST"]),
        ({"input": json.dumps([said(LONG)]), "output": json.dumps([said("yes", "assistant")])}, ["last", "yes"]),
        ({"input": [said(f"m{number} " + "z" * 30) for number in range(900)], "output": "yes"}, ["m0 ", "m899 "]),
        ({"input": [said('"' * 9_000), said("\n" * 9_000)], "output": "yes"}, ["yes"]),
        ({"input": {"a": {"b": LONG}}, "output": None}, ["first", "last"]),
        ({"input": list(range(9_000)), "output": "yes"}, ["0", "8999", "yes"]),
    ],
)  # fmt: skip
def test_messages_stay_json_and_keep_the_ends_of_both_sides(sides, kept):
    text = cut_messages(sides, 2_000)
    assert len(text) <= 2_000 and isinstance(json.loads(text), dict)
    assert [word for word in kept if word not in text] == []


def test_what_has_room_is_left_as_it_is():
    sides = {"input": [said("hello")], "output": "hi"}
    assert json.loads(cut_messages(sides, 2_000)) == sides
    assert cut_messages({"input": None, "output": ""}, 2_000) == ""
    assert fitted([1, 2], 100) == [1, 2]


def test_messages_left_out_of_a_history_are_counted_where_they_stood():
    stored = cut_messages({"input": [said(f"m{number} " + "z" * 30) for number in range(900)]}, 2_000)
    shown = exchange(stored)
    [where] = [number for number, message in enumerate(shown.input) if message.role == "left out"]
    assert 0 < where < len(shown.input) - 1 and not shown.cut
    assert shown.input[where].text == f"{900 - len(shown.input) + 1} messages"


def test_arguments_and_results_keep_both_ends_too():
    assert cut_payload(LONG, 100).startswith("first") and cut_payload(LONG, 100).endswith(" last")
    assert cut_payload({"a": LONG}, 100).endswith(' last"}')
    assert cut_payload(None, 100) == ""


def row(**attributes):
    named = {"gen_ai.operation.name": "chat", **attributes}
    ids = {"trace_id": 1, "span_id": 1, "name": "chat", "start_ns": 10**18, "end_ns": 10**18}
    return row_from_facts(SpanFacts(**ids, attributes=named), 16_000)


def test_the_answer_of_a_long_conversation_is_stored():
    made = row(**{"gen_ai.input.messages": LONG, "gen_ai.output.messages": "the answer"})
    assert len(made.messages) <= 16_000
    assert json.loads(made.messages)["output"] == "the answer"
    assert json.loads(made.messages)["input"].endswith(" last")


@pytest.mark.parametrize("at", [19_990, 20_000, 79_000, 79_900, 79_990, 80_000, 95_000])
def test_a_secret_is_found_wherever_a_long_text_is_cut(at):
    secret = "hunter2" + "q" * 20
    filler = "lorem ipsum " * 9_000
    text = f'{filler[:at]} "password": "{secret}" {filler[at:100_000]} the end'
    made = row(**{"gen_ai.input.messages": text})
    assert "hunter2" not in made.messages and "qqq" not in made.messages
    assert made.messages.endswith('the end"}')


def test_a_private_key_that_begins_before_the_second_end_is_not_in_it():
    key = "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEow" * 500 + "\n-----END RSA PRIVATE KEY-----"
    text = "a " * 40_000 + key + " b" * 9_000 + " the end"
    made = row(**{"gen_ai.input.messages": text})
    assert "MIIEow" not in made.messages and made.messages.endswith('the end"}')
