"""Spans of others, as their instrumentations really write them, become rows like our own."""

import json

import pytest

from telemetry.facts import SpanFacts
from telemetry.rows import row_from_facts

START = 1_800_000_000_000_000_000

TOOL_CALLS = {
    "OpenInference": {
        "openinference.span.kind": "TOOL",
        "tool.name": "crm",
        "tool_call.id": "call_1",
        "input.value": '{"id": 1}',
        "output.value": "Jane",
        "session.id": "s1",
    },
    "older GenAI": {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.system": "openai",
        "gen_ai.tool.name": "crm",
        "gen_ai.tool.call.id": "call_1",
        "gen_ai.tool.call.arguments": '{"id": 1}',
        "gen_ai.tool.call.result": "Jane",
        "gen_ai.conversation.id": "s1",
    },
    "OpenLIT": {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.system": "openai",
        "gen_ai.tool.name": "crm",
        "gen_ai.tool.call.id": "call_1",
        "gen_ai.tool.args": '{"id": 1}',
        "gen_ai.tool.output": "Jane",
        "session.id": "s1",
    },
    "OpenLLMetry": {
        "traceloop.span.kind": "tool",
        "traceloop.entity.name": "crm",
        "tool.id": "call_1",
        "traceloop.entity.input": '{"id": 1}',
        "traceloop.entity.output": "Jane",
        "session.id": "s1",
    },
    "Vercel AI SDK": {
        "ai.operationId": "ai.toolCall",
        "ai.toolCall.name": "crm",
        "ai.toolCall.id": "call_1",
        "ai.toolCall.args": '{"id": 1}',
        "ai.toolCall.result": "Jane",
        "session.id": "s1",
    },
    "MCP": {
        "mcp.method.name": "tools/call",
        "gen_ai.tool.name": "crm",
        "tool_call.id": "call_1",
        "gen_ai.tool.call.arguments": '{"id": 1}',
        "gen_ai.tool.call.result": "Jane",
        "mcp.session.id": "s1",
    },
}


def row(attributes, **changes):
    values = {"trace_id": 1, "span_id": 2, "name": "a span", "start_ns": START, "end_ns": START}
    return row_from_facts(SpanFacts(**values | changes, attributes=attributes), 1000)


@pytest.mark.parametrize("attributes", TOOL_CALLS.values(), ids=TOOL_CALLS)
def test_a_tool_call_is_understood(attributes):
    made = row(attributes)
    assert (made.series.operation, made.series.tool, made.outcome) == ("execute_tool", "crm", "first_try")
    assert (made.tool_call_id, made.session_id) == ("call_1", "s1")
    assert (made.arguments, made.result) == ('{"id": 1}', "Jane")


@pytest.mark.parametrize(
    "attributes",
    [
        {"openinference.span.kind": "LLM", "llm.provider": "azure", "llm.model_name": "gpt-4o",
         "llm.token_count.prompt": 7, "llm.token_count.completion": 9, "input.value": "hi"},
        {"gen_ai.operation.name": "chat", "gen_ai.system": "az.ai.openai", "gen_ai.request.model": "gpt-4o",
         "gen_ai.usage.prompt_tokens": 7, "gen_ai.usage.completion_tokens": 9, "gen_ai.prompt": "hi"},
        {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "azure.ai.openai",
         "gen_ai.response.model": "gpt-4o", "gen_ai.usage.input_tokens": 7, "gen_ai.usage.output_tokens": 9,
         "gen_ai.input.messages": "hi"},
    ],
    ids=["OpenInference", "older GenAI", "GenAI"],
)  # fmt: skip
def test_a_call_of_a_model_is_understood(attributes):
    made = row(attributes)
    words = made.series
    assert (words.operation, words.provider, words.model) == (
        "chat",
        "azure.ai.openai",
        "gpt-4o",
    )
    assert (made.input_tokens, made.output_tokens, made.outcome) == (7, 9, "")
    assert json.loads(made.messages) == {"input": "hi"}


def test_our_names_win_over_others():
    made = row({"gen_ai.provider.name": "anthropic", "gen_ai.system": "openai"})
    assert made.series.provider == "anthropic"


@pytest.mark.parametrize("name", ["execute_tool crm", "tools/call crm", "crm"])
def test_the_name_of_the_span_names_the_tool_where_nothing_else_does(name):
    assert row({"gen_ai.operation.name": "execute_tool"}, name=name).series.tool == "crm"
