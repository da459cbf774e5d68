"""What Anthropic refuses, as the lab plays it."""

import httpx
import pytest

from salesboost.lab import Lab
from salesboost.lab.vendors.anthropic_models import RETIRED
from tests.salesboost.lab.claude_said import BUDGET, OLD, OPUS_5_5, RESULT, USE, said, told
from tests.salesboost.lab.talking import CLAUDE_TOOLS, claude

FORCED = {"tools": CLAUDE_TOOLS, "tool_choice": {"type": "any"}}
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
