"""How Anthropic's thoughts have to come back, as the lab plays it."""

import pytest

from tests.salesboost.lab.claude_said import ADAPTIVE, BUDGET, OLD, OPUS_5_5, blocks, loop, said
from tests.salesboost.lab.talking import ASKED, CLAUDE_TOOLS, claude


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
    forced = {"tools": CLAUDE_TOOLS, "tool_choice": {"type": "any"}}
    assert claude(provider_lab, "Hi", model="claude-haiku-5-5", **forced).status_code == 200


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
