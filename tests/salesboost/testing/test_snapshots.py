"""Snapshots of conversations: the same in each run, and a clear difference where something is otherwise."""

import json
from uuid import uuid4

import pytest

from salesboost.testing.snapshots import ConversationSnapshot, masked, said
from tools import tool
from tools.llm.calling import ModelClient
from tools.llm.transcript import Call, Opaque, Origin, Reasoning, Result, Text, Transcript
from tools.llm.turns import Conversation, Turns

WHO = Origin("anthropic", "claude-sonnet-5-5", "claude")


def a_transcript(city="Rome"):
    """With ids, a moment and a signature that are others each time."""
    call = Call("weather", {"city": city, "asked_at": "2026-12-01T13:00:00Z"})
    parts = [Opaque(WHO, "thought", uuid4().hex), Reasoning("A city."), call]
    answer = json.dumps({"degrees": 21, "request_id": str(uuid4())})
    told = Transcript().ask("The weather?").answer(parts, WHO).tell([Result(call.call_id, answer)])
    return told.answer([Text("21 degrees.")], WHO)


@pytest.fixture
def snapshot(tmp_path):
    return ConversationSnapshot(tmp_path, "test_a[b/c]", update=False)


def written(tmp_path, what):
    ConversationSnapshot(tmp_path, "test_a[b/c]", update=True)(what)


def test_what_is_another_each_time_is_masked(snapshot, tmp_path):
    written(tmp_path, a_transcript())
    snapshot(a_transcript())
    assert said(a_transcript())[1:3] == [
        {
            "role": "assistant",
            "parts": [
                {"reasoning": "A city."},
                {"call": 1, "tool": "weather", "arguments": {"city": "Rome", "asked_at": "<time>"}},
            ],
        },
        {
            "role": "tool",
            "parts": [{"result": 1, "content": {"degrees": 21, "request_id": "<id>"}, "is_error": False}],
        },
    ]


def test_what_is_otherwise_is_shown_line_by_line(snapshot, tmp_path):
    written(tmp_path, a_transcript())
    with pytest.raises(AssertionError) as caught:
        snapshot(a_transcript("Oslo"))
    lines = str(caught.value).splitlines()
    assert lines[0] == "The conversation is not as it was; if it is meant so, run pytest --update-conversations."
    assert [line.strip() for line in lines if line.startswith(("-  ", "+  "))] == [
        '-          "city": "Rome",',
        '+          "city": "Oslo",',
    ]


def test_who_has_none_yet_is_told_to_write_one(snapshot):
    with pytest.raises(
        AssertionError, match=r"There is no test_a-b-c.json yet: .*run pytest --update-conversations"
    ):
        snapshot(a_transcript())


def test_two_of_one_test_have_two_names(tmp_path):
    update = ConversationSnapshot(tmp_path, "t", update=True)
    update(a_transcript())
    update(a_transcript("Oslo"), "north")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t-north.json", "t.json"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("on 2026-12-01", "on 2026-12-01"),  # a day is what was asked
        ("at 2026-12-01T13:00:00.123+01:00.", "at <time>."),
        ("call_0123456789abcdef", "<id>"),
        ("CUST001 of 4bf92f3577b34da6a3ce929d0e0e4736", "CUST001 of <id>"),
    ],
)
def test_masks_take_no_more_than_they_should(text, shown):
    assert masked([{"x": text}]) == [{"x": shown}]


@tool
async def weather(city: str) -> dict[str, int]:
    """The weather of a city."""
    return {"degrees": 21}


@pytest.mark.parametrize("vendor", ["openai", "anthropic", "gemini"])
async def test_a_conversation_with_the_lab_is_as_it_was(
    conversation_snapshot, lab_deployment, make_executor, vendor
):
    """The fixture itself, whose files stand beside this test: each vendor's calls are the same calls."""
    client = ModelClient()
    talk = Conversation(lab_deployment(vendor), Turns(client, make_executor(weather)), tools=(weather,))
    await talk.say("What is the weather in Rome?")
    await talk.say("Thank you.")
    await client.aclose()
    conversation_snapshot(talk)
