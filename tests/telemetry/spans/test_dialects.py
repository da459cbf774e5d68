"""Spans of others, as their instrumentations write them, become rows like our own."""

import json

import pytest

from telemetry.spans.finished import SpanFacts
from telemetry.spans.rows import row_from_facts

START = 1_800_000_000_000_000_000
ARGUMENTS, RESULT = '{"id": 1}', '{"name": "Jane"}'

# A span's name and its attributes: one call of the tool `crm`, one of the model gpt-4o, one of the agent `coach`.
TOOL_CALLS = {
    "GenAI": ("execute_tool crm", {
        "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "crm", "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": "call_1", "gen_ai.tool.call.arguments": ARGUMENTS,
        "gen_ai.tool.call.result": RESULT, "gen_ai.conversation.id": "s1", "gen_ai.agent.name": "coach"}),
    "OpenInference": ("crm", {
        "openinference.span.kind": "TOOL", "tool.name": "crm", "tool.description": "Reads customers",
        "tool_call.id": "call_1", "input.value": ARGUMENTS, "input.mime_type": "application/json",
        "output.value": RESULT, "output.mime_type": "application/json", "session.id": "s1",
        "agent.name": "coach"}),
    "OpenLIT": ("execute_tool crm", {
        "telemetry.sdk.name": "openlit", "gen_ai.operation.name": "execute_tool", "gen_ai.system": "openai",
        "gen_ai.tool.name": "crm", "gen_ai.tool.call.id": "call_1", "gen_ai.tool.args": ARGUMENTS,
        "gen_ai.tool.output": RESULT, "session.id": "s1", "gen_ai.agent.name": "coach"}),
    "OpenLLMetry": ("crm.tool", {
        "traceloop.span.kind": "tool", "traceloop.entity.name": "crm", "traceloop.workflow.name": "sales",
        "traceloop.entity.input": ARGUMENTS, "traceloop.entity.output": RESULT, "tool.id": "call_1",
        "traceloop.association.properties.session_id": "s1", "traceloop.agent.name": "coach"}),
    "Vercel AI SDK 4": ("ai.toolCall", {
        "operation.name": "ai.toolCall coach", "ai.operationId": "ai.toolCall", "ai.toolCall.name": "crm",
        "ai.toolCall.id": "call_1", "ai.toolCall.args": ARGUMENTS, "ai.toolCall.result": RESULT,
        "ai.telemetry.functionId": "coach", "ai.telemetry.metadata.sessionId": "s1"}),
    "Vercel AI SDK 5": ("ai.toolCall", {
        "operation.name": "ai.toolCall coach", "ai.operationId": "ai.toolCall", "ai.toolCall.name": "crm",
        "ai.toolCall.id": "call_1", "ai.toolCall.input": ARGUMENTS, "ai.toolCall.output": RESULT,
        "ai.telemetry.functionId": "coach", "ai.telemetry.metadata.sessionId": "s1"}),
    "MCP": ("tools/call crm", {
        "mcp.method.name": "tools/call", "gen_ai.tool.name": "crm", "mcp.session.id": "7f", "session.id": "s1",
        "jsonrpc.request.id": "7", "network.transport": "pipe", "tool_call.id": "call_1",
        "gen_ai.tool.call.arguments": ARGUMENTS, "gen_ai.tool.call.result": RESULT, "gen_ai.agent.name": "coach"}),
}  # fmt: skip
MODEL_CALLS = {
    "GenAI": ("chat gpt-4o", {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "azure.ai.openai",
        "gen_ai.request.model": "gpt-4o", "gen_ai.response.model": "gpt-4o-2024-08-06",
        "gen_ai.usage.input_tokens": 70,
        "gen_ai.usage.output_tokens": 9, "gen_ai.usage.cache_read.input_tokens": 64,
        "gen_ai.usage.reasoning.output_tokens": 5, "gen_ai.input.messages": "hi", "gen_ai.conversation.id": "s1"}),
    "older GenAI": ("chat gpt-4o", {
        "gen_ai.operation.name": "chat", "gen_ai.system": "az.ai.openai", "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.prompt_tokens": 70, "gen_ai.usage.completion_tokens": 9,
        "gen_ai.usage.cache_read_input_tokens": 64, "gen_ai.usage.reasoning_tokens": 5, "gen_ai.prompt": "hi",
        "session.id": "s1"}),
    "OpenInference": ("ChatCompletion", {
        "openinference.span.kind": "LLM", "llm.provider": "azure", "llm.system": "openai",
        "llm.model_name": "gpt-4o", "llm.token_count.prompt": 70, "llm.token_count.completion": 9,
        "llm.token_count.total": 79, "llm.token_count.prompt_details.cache_read": 64,
        "llm.token_count.completion_details.reasoning": 5, "input.value": "hi", "session.id": "s1"}),
    "OpenLLMetry": ("openai.chat", {
        "llm.request.type": "chat", "gen_ai.system": "Azure", "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.prompt_tokens": 70, "gen_ai.usage.completion_tokens": 9,
        "gen_ai.usage.cache_read_input_tokens": 64, "gen_ai.usage.reasoning_tokens": 5,
        "traceloop.entity.input": "hi", "traceloop.association.properties.session_id": "s1"}),
    "Vercel AI SDK": ("ai.generateText.doGenerate", {
        "operation.name": "ai.generateText.doGenerate", "ai.operationId": "ai.generateText.doGenerate",
        "ai.model.provider": "azure-openai.chat", "ai.model.id": "gpt-4o", "ai.usage.inputTokens": 70,
        "ai.usage.outputTokens": 9, "ai.usage.cachedInputTokens": 64, "ai.usage.reasoningTokens": 5,
        "ai.prompt.messages": "hi", "ai.telemetry.metadata.sessionId": "s1"}),
}  # fmt: skip
AGENTS = {
    "GenAI": ("invoke_agent coach", {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "coach"}),
    "OpenInference": ("run", {"openinference.span.kind": "AGENT", "agent.name": "coach"}),
    "OpenLLMetry": ("coach.agent", {"traceloop.span.kind": "agent", "traceloop.entity.name": "coach"}),
    "Vercel AI SDK": (
        "ai.generateText",
        {"ai.operationId": "ai.generateText", "ai.telemetry.functionId": "coach"},
    ),
}


def row(span, **changes):
    name, attributes = span
    values = {"trace_id": 1, "span_id": 2, "name": name, "start_ns": START, "end_ns": START}
    return row_from_facts(SpanFacts(**values | changes, attributes=attributes), 1000)


@pytest.mark.parametrize("span", TOOL_CALLS.values(), ids=TOOL_CALLS)
def test_a_tool_call_is_understood(span):
    made = row(span)
    assert (made.series.operation, made.series.tool, made.outcome) == ("execute_tool", "crm", "first_try")
    assert (made.tool_call_id, made.session_id, made.series.agent) == ("call_1", "s1", "coach")
    assert (made.arguments, made.result, made.name) == (ARGUMENTS, RESULT, span[0])


@pytest.mark.parametrize("span", MODEL_CALLS.values(), ids=MODEL_CALLS)
def test_a_call_of_a_model_is_understood(span):
    made = row(span)
    words = made.series
    assert (words.operation, words.provider, words.model) == ("chat", "azure.ai.openai", "gpt-4o")
    assert (made.input_tokens, made.output_tokens, made.outcome, made.session_id) == (70, 9, "", "s1")
    assert made.attributes["gen_ai.usage.cache_read.input_tokens"] == 64
    assert made.attributes["gen_ai.usage.reasoning.output_tokens"] == 5
    assert json.loads(made.messages) == {"input": "hi"}


# Names that no example above has, and what a span says by them. Written out: one that is gone must be missed here.
OF_A_TOOL = {
    "tool": ("mcp.tool.name",),
    "arguments": ("gen_ai.tool.input", "gen_ai.tool.arguments", "gcp.vertex.agent.tool_call_args"),
    "result": ("gen_ai.tool.result", "gcp.vertex.agent.tool_response"),
}
OF_A_CHAT = {
    "model": ("embedding.model_name", "llm.request.model", "ai.response.model", "llm.response.model"),
    "session_id": (
        *("gen_ai.session.id", "langfuse.session.id", "traceloop.association.properties.conversation_id"),
        *("langsmith.metadata.conversation_id", "mastra.metadata.threadId", "mastra.metadata.sessionId"),
        *("ai.telemetry.metadata.sessionId", "ai.settings.context.sessionId"),
    ),
    "prompt_version": ("gen_ai.prompt.version", "llm.prompt_template.version", "traceloop.prompt.version"),
    "input_tokens": ("llm.usage.prompt_tokens", "ai.usage.promptTokens"),
    "output_tokens": ("llm.usage.completion_tokens", "ai.usage.completionTokens"),
    "input": ("gen_ai.content.prompt", "ai.prompt"),
    "output": ("gen_ai.content.completion", "ai.response.text"),
}


@pytest.mark.parametrize(
    ("operation", "field", "name"),
    [
        (operation, field, name)
        for operation, names in {"execute_tool": OF_A_TOOL, "chat": OF_A_CHAT}.items()
        for field, of_field in names.items()
        for name in of_field
    ],
)
def test_other_names_for_the_same_are_known(operation, field, name):
    said = 7 if field.endswith("_tokens") else "crm"
    made = row((operation, {"gen_ai.operation.name": operation, name: said}))
    if field in ("input", "output"):
        assert json.loads(made.messages) == {field: said}
    else:
        assert getattr(made.series if field in made.series._fields else made, field) == said


@pytest.mark.parametrize("span", AGENTS.values(), ids=AGENTS)
def test_an_agent_is_understood(span):
    made = row(span)
    assert (made.series.operation, made.series.agent, made.outcome) == ("invoke_agent", "coach", "")


@pytest.mark.parametrize(("name", "attributes"), TOOL_CALLS.values(), ids=TOOL_CALLS)
@pytest.mark.parametrize("failure", ['{"isError": true, "content": []}', '{"success": false, "error": "no"}'])
def test_a_failed_tool_that_was_recorded_as_ok_is_a_failure(name, attributes, failure):
    failed = {key: failure if value == RESULT else value for key, value in attributes.items()}
    made = row((name, failed), status=1)
    assert (made.outcome, made.error_type, made.status) == ("returned_failure", "tool_error", 2)


def test_an_error_type_of_older_spans_is_understood():
    name, attributes = TOOL_CALLS["OpenInference"]
    made = row((name, attributes | {"exception.type": "TimeoutError", "exception.message": "too late"}), status=2)
    assert (made.outcome, made.error_type, made.error_message) == ("timeout", "TimeoutError", "too late")


def test_our_names_win_over_others():
    made = row(("chat", {"gen_ai.provider.name": "anthropic", "gen_ai.system": "openai"}))
    assert made.series.provider == "anthropic"
    assert made.attributes == {"gen_ai.system": "openai"}


@pytest.mark.parametrize("name", ["execute_tool crm", "tools/call crm", "crm"])
def test_the_name_of_the_span_names_the_tool_where_nothing_else_does(name):
    assert row((name, {"gen_ai.operation.name": "execute_tool"})).series.tool == "crm"


def test_a_word_that_is_a_list_does_no_harm():
    assert row(("x", {"gen_ai.operation.name": "chat", "gen_ai.request.model": ["a"]})).series.model == '["a"]'
