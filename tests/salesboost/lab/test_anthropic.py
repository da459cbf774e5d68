"""Anthropic as the lab plays it: what it answers."""

import json

import pytest

from salesboost.lab import Reply, ToolUse
from tests.salesboost.lab.claude_said import (
    ADAPTIVE,
    blocks,
    loop,
)
from tests.salesboost.lab.talking import CLAUDE_TOOLS, assembled, claude, events_of


def test_a_plain_answer_has_what_clients_read(provider_lab):
    provider_lab.say(Reply(text="Hello.", input_tokens=100, cached_tokens=40, output_tokens=7))
    answer = claude(provider_lab, "Hi", model="claude-haiku-4-5", system="Be brief.").json()
    assert answer["id"].startswith("msg_01")
    assert (answer["type"], answer["role"], answer["model"]) == ("message", "assistant", "claude-haiku-4-5")
    assert answer["content"] == [{"type": "text", "text": "Hello."}]
    assert (answer["stop_reason"], answer["stop_sequence"]) == ("end_turn", None)
    usage = answer["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"], usage["output_tokens"]) == (60, 40, 7)
    assert provider_lab.requests[-1].system == "Be brief."


@pytest.mark.parametrize("model", ["claude-haiku-4-5", "claude-opus-5", "claude-opus-5-5", "claude-haiku-5-5"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_whole_loop(provider_lab, model, stream):
    fields = {"model": model, "tools": CLAUDE_TOOLS}
    if stream:
        first = assembled(events_of(claude(provider_lab, stream=True, **fields)))
        for block in first["content"]:
            text = block.pop("json")
            if block["type"] == "tool_use":
                block["input"] = json.loads(text)
    else:
        first = claude(provider_lab, **fields).json()
    assert first["stop_reason"] == "tool_use"
    uses = blocks(first, "tool_use")
    assert [use["name"] for use in uses] == ["get_weather", "get_time"]
    assert uses[0]["input"] == {"city": "Rome", "days": 3}
    assert all(use["id"].startswith("toolu_01") for use in uses)
    last = claude(provider_lab, loop(first), **fields)
    assert last.status_code == 200, last.text
    assert "sunny" in blocks(last.json(), "text")[0]["text"]


def test_a_stream_has_the_events_in_their_order(provider_lab):
    provider_lab.say(Reply(text="Hi.", calls=[ToolUse("get_time", {"zone": "CET"})]))
    events = events_of(claude(provider_lab, stream=True, thinking={**ADAPTIVE, "display": "summarized"}))
    kinds = [event["type"] for event in events]
    assert kinds[:3] == ["message_start", "content_block_start", "ping"]
    assert kinds[-2:] == ["message_delta", "message_stop"]
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    assert [delta["type"] for delta in deltas if delta["type"] != "thinking_delta"] == [
        "signature_delta",
        "text_delta",
        *["input_json_delta"] * (len(deltas) - 2 - sum(d["type"] == "thinking_delta" for d in deltas)),
    ]
    assert next(delta for delta in deltas if "partial_json" in delta)["partial_json"] == ""
    assert json.loads(blocks(assembled(events), "tool_use")[0]["json"]) == {"zone": "CET"}


def test_thoughts_are_signed_and_their_text_is_shown_where_it_is_asked_for(provider_lab):
    by_itself = blocks(claude(provider_lab, model="claude-opus-5-5").json(), "thinking")[0]
    assert by_itself["thinking"] == ""
    assert by_itself["signature"]
    shown = claude(provider_lab, model="claude-opus-5-5", thinking={**ADAPTIVE, "display": "summarized"}).json()
    assert blocks(shown, "thinking")[0]["thinking"]
    assert not blocks(claude(provider_lab, thinking={"type": "disabled"}).json(), "thinking")
    assert not blocks(claude(provider_lab, model="claude-haiku-4-5").json(), "thinking")


def test_what_is_said_beside_calls_is_a_thought_on_the_newest_models(provider_lab):
    reply = Reply(text="I look it up.", calls=[ToolUse("get_time", {"zone": "CET"})])
    provider_lab.say(reply, reply)
    shown = {"thinking": {**ADAPTIVE, "display": "summarized"}}
    newest = claude(provider_lab, model="claude-opus-5-5", **shown).json()
    assert "I look it up." in blocks(newest, "thinking")[0]["thinking"]
    assert not blocks(newest, "text")
    assert blocks(claude(provider_lab, model="claude-opus-4-8", **shown).json(), "text")


def test_sonnet_thinks_between_tools_alone(provider_lab):
    fields = {"model": "claude-sonnet-5-5", "tools": CLAUDE_TOOLS, "thinking": {"type": "between_tools"}}
    first = claude(provider_lab, **fields).json()
    assert not blocks(first, "thinking")
    assert blocks(claude(provider_lab, loop(first), **fields).json(), "thinking")


def test_a_text_ends_at_the_most_tokens(provider_lab):
    provider_lab.say(Reply(text="A long answer. " * 20))
    answer = claude(provider_lab, "Hi", model="claude-haiku-4-5", max_tokens=5).json()
    assert (answer["stop_reason"], answer["content"][0]["text"]) == ("max_tokens", "A long answer. A lon")


def test_a_forced_tool_is_called_and_none_is_none(provider_lab):
    fields = {"model": "claude-haiku-4-5", "tools": CLAUDE_TOOLS}
    forced = claude(provider_lab, "Hi", tool_choice={"type": "tool", "name": "get_time"}, **fields).json()
    assert [use["name"] for use in blocks(forced, "tool_use")] == ["get_time"]
    assert blocks(claude(provider_lab, "Hi", tool_choice={"type": "any"}, **fields).json(), "tool_use")
    assert not blocks(claude(provider_lab, tool_choice={"type": "none"}, **fields).json(), "tool_use")
