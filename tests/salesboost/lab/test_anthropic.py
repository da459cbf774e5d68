"""Anthropic as the lab plays it: what it answers, what it refuses, what goes wrong."""

import json
from contextlib import suppress

import httpx
import pytest

from salesboost.lab import FAULTS, Lab, Reply, ToolUse
from salesboost.lab.vendors.anthropic_models import RETIRED
from tests.salesboost.lab.talking import ASKED, CLAUDE_TOOLS, assembled, claude, events_of

USE = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Rome", "days": 3}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "sunny"}
ADAPTIVE = {"type": "adaptive"}


def blocks(message, kind):
    return [block for block in message["content"] if block["type"] == kind]


def told(*blocks):
    return {"role": "assistant", "content": list(blocks)}


def said(*blocks):
    return {"role": "user", "content": list(blocks)}


def results(message, text="sunny"):
    return said(
        *(
            {"type": "tool_result", "tool_use_id": use["id"], "content": text}
            for use in blocks(message, "tool_use")
        )
    )


def loop(first, **fields):
    """The messages of a conversation whose first answer was *first*, with its results."""
    return [
        {"role": "user", "content": ASKED},
        {"role": "assistant", "content": first["content"]},
        results(first, **fields),
    ]


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


OPUS_5_5 = {"model": "claude-opus-5-5"}
OLD = {"model": "claude-haiku-4-5"}
FORCED = {"tools": CLAUDE_TOOLS, "tool_choice": {"type": "any"}}
BUDGET = {"type": "enabled", "budget_tokens": 2000}
REFUSED = {
    "no max_tokens": ({"max_tokens": None}, "max_tokens: Field required"),
    "max_tokens 0": ({"max_tokens": 0}, "greater than or equal to 1"),
    "too many tokens": ({"max_tokens": 200_000}, "200000 > 128000"),
    "no model": ({"model": None}, "model: Field required"),
    "foreign field": ({"frequency_penalty": 1}, "frequency_penalty: Extra inputs are not permitted"),
    "no messages": ({"messages": []}, "at least one message is required"),
    "assistant first": ({"messages": [told({"type": "text", "text": "Hi"})]}, 'must use the "user" role'),
    "empty content": ({"messages": [{"role": "user", "content": ""}]}, "must have non-empty content"),
    "empty text": ({"messages": [said({"type": "text", "text": ""})]}, "text content blocks must be non-empty"),
    "unknown block": ({"messages": [said({"type": "video"})]}, "Input tag 'video'"),
    "system inside": (
        {**OLD, "messages": [{"role": "system", "content": "Be brief"}]},
        'Unexpected role "system"',
    ),
    "calls without results": (
        {
            **OLD,
            "messages": [said({"type": "text", "text": "Hi"}), told(USE), {"role": "user", "content": "Go on"}],
        },
        "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1.",
    ),
    "results behind a text": (
        {
            **OLD,
            "messages": [
                {"role": "user", "content": "Hi"},
                told(USE),
                said({"type": "text", "text": "Look"}, RESULT),
            ],
        },
        "`tool_use` ids were found without `tool_result` blocks immediately after: toolu_1",
    ),
    "results without calls": (
        {"messages": [said(RESULT)]},
        "unexpected `tool_use_id` found in `tool_result` blocks: toolu_1",
    ),
    "ids twice": (
        {**OLD, "messages": [{"role": "user", "content": "Hi"}, told(USE, USE), said(RESULT)]},
        "`tool_use` ids must be unique",
    ),
    "results twice": (
        {**OLD, "messages": [{"role": "user", "content": "Hi"}, told(USE), said(RESULT, RESULT)]},
        "Found multiple `tool_result` blocks with id: toolu_1",
    ),
    "input is a text": (
        {"messages": [{"role": "user", "content": "Hi"}, told({**USE, "input": "{}"}), said(RESULT)]},
        "messages.1.content.0.tool_use.input: Input should be a valid dictionary",
    ),
    "a dot in a used name": (
        {"messages": [{"role": "user", "content": "Hi"}, told({**USE, "name": "a.b"}), said(RESULT)]},
        "messages.1.content.0.tool_use.name: String should match pattern",
    ),
    "server tool with another's id": (
        {"messages": [{"role": "user", "content": "Hi"}, told({**USE, "type": "server_tool_use"})]},
        "server_tool_use.id: String should match pattern '^srvtoolu_",
    ),
    "server tool that we ran": (
        {
            "messages": [
                {"role": "user", "content": "Hi"},
                told({**USE, "type": "server_tool_use", "id": "srvtoolu_1"}),
                said({**RESULT, "tool_use_id": "srvtoolu_1"}),
            ]
        },
        "unexpected `tool_use_id` found in `tool_result` blocks: srvtoolu_1",
    ),
    "server result alone": (
        {
            "messages": [
                {"role": "user", "content": "Hi"},
                told({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}),
                {"role": "user", "content": "Go on"},
            ]
        },
        "must have a corresponding `server_tool_use` block before it",
    ),
    "prefill": (
        {**OPUS_5_5, "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "{"}]},
        "does not support assistant message prefill",
    ),
    "blank at the end": (
        {**OLD, "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "So "}]},
        "cannot end with trailing whitespace",
    ),
    "forced, Opus 5.5": ({**OPUS_5_5, **FORCED}, 'type "tool" and "any" are not supported for this model'),
    "forced, Sonnet 5.5": ({"model": "claude-sonnet-5-5", **FORCED}, "are not supported for this model"),
    "forced, Fable 5.1": ({"model": "claude-fable-5-1", **FORCED}, "are not supported for this model"),
    "forced while it thinks": (
        {**OLD, **FORCED, "max_tokens": 4000, "thinking": BUDGET},
        "Thinking may not be enabled when tool_choice forces tool use.",
    ),
    "choice without tools": ({"tool_choice": {"type": "auto"}}, "only be specified while providing `tools`"),
    "choice of none there is": (
        {**OLD, "tools": CLAUDE_TOOLS, "tool_choice": {"type": "tool", "name": "x"}},
        "Tool 'x' not found in provided tools",
    ),
    "temperature, Opus 4.7": ({"model": "claude-opus-4-7", "temperature": 0}, "`temperature` is deprecated"),
    "top_k, Opus 5.5": ({**OPUS_5_5, "top_k": 5}, "`top_k` is deprecated for this model."),
    "two samplings": ({**OLD, "temperature": 0.5, "top_p": 0.5}, "cannot both be specified"),
    "temperature and thoughts": (
        {**OLD, "max_tokens": 4000, "thinking": BUDGET, "temperature": 0},
        "may only be set to 1 when thinking is enabled",
    ),
    "disabled, Opus 5.5": (
        {**OPUS_5_5, "thinking": {"type": "disabled"}},
        '"thinking.type.disabled" is not supported',
    ),
    "budget, Opus 5.5": ({**OPUS_5_5, "thinking": BUDGET}, '"thinking.type.enabled" is not supported'),
    "budget too small": ({**OLD, "thinking": {**BUDGET, "budget_tokens": 5}}, "greater than or equal to 1024"),
    "budget too large": ({**OLD, "thinking": BUDGET}, "must be greater than `thinking.budget_tokens`"),
    "disabled with xhigh": (
        {"thinking": {"type": "disabled"}, "output_config": {"effort": "xhigh"}},
        "'xhigh' is not supported with thinking.type 'disabled'",
    ),
    "between tools with max": (
        {
            "model": "claude-sonnet-5-5",
            "thinking": {"type": "between_tools"},
            "output_config": {"effort": "max"},
        },
        "'max' is not supported with thinking.type 'between_tools'",
    ),
    "effort of none": ({**OLD, "output_config": {"effort": "low"}}, "does not support the effort parameter"),
    "unknown effort": ({"output_config": {"effort": "none"}}, "does not support effort level 'none'"),
    "bad tool name": ({"tools": [{**CLAUDE_TOOLS[0], "name": "a.b"}]}, "tools.0.custom.name: String should match"),
    "tool twice": ({"tools": [CLAUDE_TOOLS[0]] * 2}, "Tool names must be unique"),
    "tool without schema": ({"tools": [{"name": "a"}]}, "tools.0.custom.input_schema: Field required"),
    "schema of no object": (
        {"tools": [{"name": "a", "input_schema": {"type": "string"}}]},
        "input_schema.type: Input should be 'object'",
    ),
    "computer use": (
        {**OPUS_5_5, "tools": [{"type": "computer_20251124", "name": "computer"}]},
        "does not support tool types: computer_20251124",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(provider_lab, case):
    fields, words = REFUSED[case]
    answer = claude(provider_lab, **{"messages": "Hi", **fields})
    assert answer.status_code == 400, answer.text
    body = answer.json()
    assert (body["type"], body["error"]["type"]) == ("error", "invalid_request_error")
    assert words in body["error"]["message"]
    assert body["request_id"].startswith("req_")


def test_version_key_and_path_are_needed(provider_lab):
    assert "anthropic-version" in claude(provider_lab, headers={"anthropic-version": ""}).text
    nobody = claude(provider_lab, key="")
    assert (nobody.status_code, nobody.json()["error"]["type"]) == (401, "authentication_error")
    elsewhere = httpx.post(f"{provider_lab.url('anthropic')}/v1/v1/messages", headers={"x-api-key": "k"}, json={})
    assert (elsewhere.status_code, elsewhere.json()["error"]["type"]) == (404, "not_found_error")


@pytest.mark.parametrize("beginning", RETIRED)
def test_a_retired_model_is_not_found_from_its_day_on(provider_lab, beginning):
    gone = claude(provider_lab, "Hi", model=beginning, headers={"x-lab-day": RETIRED[beginning]})
    assert (gone.status_code, gone.json()["error"]["message"]) == (404, f"model: {beginning}")
    assert claude(provider_lab, "Hi", model=beginning, headers={"x-lab-day": "2025-01-01"}).status_code == 200


def test_the_clock_says_which_models_are_retired():
    with Lab(clock=lambda: 1_790_000_000.0) as lab:  # 2026-09-21
        assert claude(lab, "Hi", model="claude-sonnet-4-5").status_code == 200
        assert claude(lab, "Hi", model="claude-opus-4-1").status_code == 404
        assert claude(lab, "Hi", model="gpt-6-sol").status_code == 404


def refused(lab, messages, **fields):
    answer = claude(lab, messages, **{"tools": CLAUDE_TOOLS, **fields})
    assert answer.status_code == 400, answer.text
    return answer.json()["error"]["message"]


def test_thoughts_have_to_come_back_as_they_were(provider_lab):
    fields = {"tools": CLAUDE_TOOLS, **OPUS_5_5}
    first = claude(provider_lab, **fields).json()
    thought, *uses = first["content"]
    without = loop({"content": uses})
    assert "Expected `thinking` or `redacted_thinking`, but found `tool_use`" in refused(
        provider_lab, without, **OPUS_5_5
    )
    changed = loop({"content": [{**thought, "thinking": "Other"}, *uses]})
    assert "cannot be modified" in refused(provider_lab, changed, **OPUS_5_5)
    unsigned = loop({"content": [{"type": "thinking", "thinking": ""}, *uses]})
    assert "thinking.signature: Field required" in refused(provider_lab, unsigned, **OPUS_5_5)
    forged = loop({"content": [{**thought, "signature": "bm8="}, *uses]})
    assert "Invalid `signature` in `thinking` block" in refused(provider_lab, forged, **OPUS_5_5)
    for model in ("claude-opus-5", "claude-fable-5-1"):
        assert "Invalid `signature` in `thinking` block" in refused(provider_lab, loop(first), model=model)


def test_older_models_want_thoughts_before_calls_where_thinking_is_on(provider_lab):
    thinking = {**OLD, "thinking": BUDGET, "max_tokens": 4000}
    first = claude(provider_lab, tools=CLAUDE_TOOLS, **thinking).json()
    assert claude(provider_lab, loop(first), tools=CLAUDE_TOOLS, **thinking).status_code == 200
    without = loop({"content": blocks(first, "tool_use")})
    assert "Expected `thinking`" in refused(provider_lab, without, **thinking)
    assert claude(provider_lab, without, tools=CLAUDE_TOOLS, **OLD).status_code == 200


@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-sonnet-5-5", "claude-fable-5-1", "claude-haiku-5-5"])
def test_an_earlier_turn_may_not_be_edited(provider_lab, model):
    first = claude(provider_lab, model=model, tools=CLAUDE_TOOLS).json()
    edited = loop(first)
    edited[0] = {"role": "user", "content": "Something else"}
    message = refused(provider_lab, edited, model=model)
    assert "messages.1.content.0" in message
    assert "bound to a different conversation" in message
    dropped = {
        "thinking": {**ADAPTIVE, "block_binding": {"prefix_mismatch_behavior": "drop_block"}},
        "headers": {"anthropic-beta": "thinking-binding-controls-2026-08-01"},
    }
    assert claude(provider_lab, edited, model=model, tools=CLAUDE_TOOLS, **dropped).status_code == 200
    cached = loop(first)
    cached[0] = said({"type": "text", "text": ASKED, "cache_control": {"type": "ephemeral"}})
    assert claude(provider_lab, cached, model=model, tools=CLAUDE_TOOLS).status_code == 200
    assert claude(provider_lab, edited, model=model, tools=CLAUDE_TOOLS[:1]).status_code == 400


def test_older_models_do_not_look_at_earlier_turns(provider_lab):
    first = claude(provider_lab, tools=CLAUDE_TOOLS).json()
    edited = loop(first)
    edited[0] = {"role": "user", "content": "Something else"}
    assert claude(provider_lab, edited, tools=CLAUDE_TOOLS).status_code == 200


def test_the_thoughts_of_haiku_hold_for_one_account(provider_lab):
    first = claude(provider_lab, model="claude-haiku-5-5", tools=CLAUDE_TOOLS).json()
    message = refused(provider_lab, loop(first), model="claude-haiku-5-5", key="another")
    assert message == "messages.1.content.0: Invalid `signature` in `thinking` block"


def test_haiku_takes_a_forced_tool(provider_lab):
    assert claude(provider_lab, "Hi", model="claude-haiku-5-5", **FORCED).status_code == 200


def test_a_redacted_thought_comes_back_too(provider_lab):
    provider_lab.fail("redacted_thinking")
    first = claude(provider_lab, tools=CLAUDE_TOOLS, **OPUS_5_5).json()
    assert first["content"][0].keys() == {"type", "data"}
    assert claude(provider_lab, loop(first), tools=CLAUDE_TOOLS, **OPUS_5_5).status_code == 200


def test_a_paused_turn_goes_on(provider_lab):
    provider_lab.fail("pause_turn")
    first = claude(provider_lab, "Hi", **OPUS_5_5).json()
    paused = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": first["content"]}]
    assert claude(provider_lab, paused, **OPUS_5_5).status_code == 200


def one_use(message):
    return blocks(message, "tool_use")[0]


def is_no_json(text):
    with suppress(ValueError):
        json.loads(text)
        return False
    return True


# What each fault does to the answer in one piece and to that of a stream; None where it concerns the other alone.
WHOLE = {
    "parallel_wrapper": lambda m: one_use(m)["input"]["tool_uses"][0]["recipient_name"] == "functions.get_weather",
    "dotted_name": lambda m: one_use(m)["name"] == "toolbox.web.answer",
    "unknown_tool": lambda m: one_use(m)["name"] == "made_up_tool",
    "wrapped_arguments": lambda m: one_use(m)["input"] == {"_": {"city": "Rome", "days": 3}},
    "string_arguments": lambda m: one_use(m)["input"]["days"] == "3",
    "no_arguments": lambda m: one_use(m)["input"] == {},
    "cut_arguments": lambda m: blocks(m, "tool_use")[-1]["input"] == {} and m["stop_reason"] == "max_tokens",
    "cut_before_arguments": lambda m: (
        blocks(m, "tool_use")[-1]["input"] == {} and m["stop_reason"] == "max_tokens"
    ),
    "duplicate_ids": lambda m: len({use["id"] for use in blocks(m, "tool_use")}) == 1 < len(blocks(m, "tool_use")),
    "reused_id": lambda m: one_use(m)["id"] == "toolu_01AAAAAAAAAAAAAAAAAAAAAA",
    "empty_id": lambda m: one_use(m)["id"] == "",
    "refusal": lambda m: (m["stop_reason"], m["content"]) == ("refusal", []) and m["stop_details"],
    "refusal_after_text": lambda m: m["stop_reason"] == "refusal" and blocks(m, "text"),
    "pause_turn": lambda m: m["stop_reason"] == "pause_turn" and m["content"][-1]["id"].startswith("srvtoolu_"),
    "server_tool_use": lambda m: blocks(m, "server_tool_use") and blocks(m, "web_search_tool_result"),
    "thinking_only": lambda m: [block["type"] for block in m["content"]] == ["thinking"],
    "no_signature": lambda m: blocks(m, "thinking")[0]["signature"] == "",
    "redacted_thinking": lambda m: m["content"][0]["type"] == "redacted_thinking",
    "wrong_model": lambda m: m["model"] == "claude-opus-4-8",
    "no_usage": lambda m: "usage" not in m,
    "empty_answer": lambda m: (m["stop_reason"], m["content"]) == ("end_turn", []),
    "context_window_full": lambda m: m["stop_reason"] == "model_context_window_exceeded",
}
STREAMED = {
    **WHOLE,
    "parallel_wrapper": lambda m: "functions.get_weather" in one_use(m)["json"],
    "wrapped_arguments": lambda m: json.loads(one_use(m)["json"])["_"],
    "string_arguments": lambda m: json.loads(one_use(m)["json"])["days"] == "3",
    "no_arguments": lambda m: one_use(m)["json"] == "{}",
    "cut_arguments": lambda m: is_no_json(blocks(m, "tool_use")[-1]["json"]) and m["stop_reason"] == "max_tokens",
    "first_bytes_dropped": lambda m: one_use(m)["json"].startswith("city"),
    "invalid_arguments": lambda m: is_no_json(one_use(m)["json"]),
    "populated_start": lambda m: one_use(m)["input"]["early"] and "early" not in one_use(m)["json"],
}
REFUSALS = {
    "signature_refused": "Invalid `signature` in `thinking` block",
    "prefix_refused": "bound to a different conversation",
    "forced_tool_refused": 'type "tool" and "any" are not supported',
    "effort_refused": "does not support effort level 'xhigh'",
    "orphan_call_refused": "`tool_use` ids were found without `tool_result` blocks",
    "same_ids_refused": "`tool_use` ids must be unique",
}
ERRORS = {
    **dict.fromkeys(REFUSALS, (400, "invalid_request_error")),
    "rate_limited": (429, "rate_limit_error"),
    "rate_limited_silently": (429, "rate_limit_error"),
    "overloaded": (529, "overloaded_error"),
    "server_error": (500, "api_error"),
    "wrong_key": (401, "authentication_error"),
    "forbidden": (403, "permission_error"),
    "no_credit": (400, "invalid_request_error"),
    "unknown_model": (404, "not_found_error"),
    "context_too_long": (400, "invalid_request_error"),
    "content_filter": (400, "invalid_request_error"),
    "invalid_request": (400, "invalid_request_error"),
    "too_large": (413, "request_too_large"),
    "gateway_timeout": (504, "timeout_error"),
}
PAGES = {"bad_gateway": 502, "html": 200, "cut_json": 200}
ENDS = {"closed_connection", "silence", "cut_stream", "stalled_stream", "silent_stream", "silent_thinking"}
ERROR_EVENTS = {"overloaded_stream": 3, "overloaded_at_once": 0}


def test_every_fault_is_tried():
    tried = {*WHOLE, *STREAMED, *ERRORS, *PAGES, *ENDS, *ERROR_EVENTS, "no_message_stop"}
    assert tried == set(FAULTS["anthropic"])
    assert all(fault.says for fault in FAULTS["anthropic"].values())


@pytest.mark.parametrize("fault", WHOLE)
def test_a_fault_of_an_answer(provider_lab, fault):
    provider_lab.fail(fault, vendor="anthropic")
    answer = claude(provider_lab, tools=CLAUDE_TOOLS)
    assert answer.status_code == 200
    assert WHOLE[fault](answer.json()), answer.text
    assert claude(provider_lab, tools=CLAUDE_TOOLS).json()["stop_reason"] == "tool_use"


@pytest.mark.parametrize("fault", STREAMED)
def test_a_fault_of_a_stream(provider_lab, fault):
    provider_lab.fail(fault, vendor="anthropic")
    answer = claude(provider_lab, tools=CLAUDE_TOOLS, stream=True)
    assert STREAMED[fault](assembled(events_of(answer))), answer.text


@pytest.mark.parametrize("fault", ERRORS)
def test_a_fault_with_a_status(provider_lab, fault):
    answer = claude(provider_lab, headers={"x-lab-fault": fault})
    assert (answer.status_code, answer.json()["error"]["type"]) == ERRORS[fault]
    assert answer.headers.get("retry-after") == ("2" if fault == "rate_limited" else None)


@pytest.mark.parametrize("fault", REFUSALS)
def test_a_fault_has_the_words_of_the_refusal(provider_lab, fault):
    answer = claude(provider_lab, headers={"x-lab-fault": fault})
    assert REFUSALS[fault] in answer.json()["error"]["message"]


@pytest.mark.parametrize("fault", PAGES)
def test_a_fault_that_is_no_json(provider_lab, fault):
    answer = claude(provider_lab, headers={"x-lab-fault": fault})
    assert answer.status_code == PAGES[fault]
    assert is_no_json(answer.text)


@pytest.mark.parametrize("fault", sorted(ENDS))
def test_a_fault_that_ends_or_holds_the_connection(provider_lab, fault):
    provider_lab.fail(fault)
    waits = FAULTS["anthropic"][fault].waits
    with pytest.raises(httpx.ReadTimeout if waits else httpx.RemoteProtocolError):
        claude(provider_lab, stream=True, timeout=0.2 if waits else 5)


@pytest.mark.parametrize("fault", ERROR_EVENTS)
def test_a_stream_that_ends_in_an_error(provider_lab, fault):
    events = events_of(claude(provider_lab, stream=True, headers={"x-lab-fault": fault}))
    assert len(events) == ERROR_EVENTS[fault] + 1
    assert (events[-1]["type"], events[-1]["error"]["type"]) == ("error", "overloaded_error")


def test_a_stream_without_its_end(provider_lab):
    provider_lab.fail("no_message_stop")
    assert events_of(claude(provider_lab, stream=True))[-1]["type"] == "message_delta"
