"""What spans of others say elsewhere than in the attribute of a field."""

import json

import pytest

from telemetry.semconv import Outcome
from telemetry.spans.finished import SpanFacts
from telemetry.spans.rows import row_from_facts

TOOL = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "crm"}
CHAT = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"}


def row(attributes, name="a span", events=(), status=0):
    facts = SpanFacts(
        trace_id=1, span_id=2, name=name, start_ns=10**18, end_ns=10**18, status=status,
        attributes=attributes, events=[(name, 10**18, said) for name, said in events],
    )  # fmt: skip
    return row_from_facts(facts, 10_000)


def test_arguments_and_a_result_are_read_from_events():
    made = row(
        TOOL,
        events=[
            ("gen_ai.tool.message", {"content": '{"id": 1}'}),
            ("gen_ai.choice", {"message": '[{"text": "ok"}]'}),
        ],
    )
    assert (made.arguments, made.result) == ('{"id": 1}', "ok")


CHOICE = ("gen_ai.choice", {"message": '[{"text":"no such city"}]'})
TWO_BLOCKS = ("gen_ai.choice", {"message": '[{"text":"no such city"},{"text":"try another"}]'})


@pytest.mark.parametrize(
    ("attributes", "events"),
    [
        ({}, [CHOICE]),
        ({}, [TWO_BLOCKS]),
        ({}, [CHOICE, ("exception", {"exception.type": "LookupError"})]),
        ({"gen_ai.tool.call.result": "no such city"}, []),
        ({"gen_ai.tool.call.result": '{"error": "no such city", "tried": 2}'}, []),
        ({"gen_ai.tool.status": "ERROR"}, [CHOICE]),
    ],
    ids=["event", "two blocks", "beside an exception", "attribute", "object", "in capitals"],
)
@pytest.mark.parametrize("status", [0, 1])
def test_a_result_whose_own_status_is_error_is_a_failure_whatever_the_spans_status(attributes, events, status):
    made = row(TOOL | {"gen_ai.tool.status": "error"} | attributes, events=events, status=status)
    assert (made.outcome, made.status, made.error_message) == (Outcome.RETURNED_FAILURE, 2, "no such city")


def test_where_such_a_result_says_nothing_it_is_still_a_failure():
    made = row(TOOL | {"gen_ai.tool.status": "error"})
    assert (made.outcome, made.error_message) == (Outcome.RETURNED_FAILURE, "the tool returned a failure")


@pytest.mark.parametrize("status", ["success", "", "errorless"])
def test_any_other_status_of_a_result_is_none(status):
    assert row(TOOL | {"gen_ai.tool.status": status}, events=[CHOICE]).outcome == Outcome.FIRST_TRY


def test_they_are_read_from_the_details_of_an_operation():
    asked = [{"role": "tool", "parts": [{"type": "tool_call", "name": "crm", "arguments": {"id": 1}}]}]
    given = [{"role": "tool", "parts": [{"type": "tool_call_response", "response": [{"text": "ok"}]}]}]
    name = "gen_ai.client.inference.operation.details"
    events = [
        (name, {"gen_ai.input.messages": json.dumps(asked)}),
        (name, {"gen_ai.output.messages": json.dumps(given)}),
    ]
    assert (row(TOOL, events=events).arguments, row(TOOL, events=events).result) == ('{"id": 1}', "ok")
    assert json.loads(row(CHAT, events=events).messages) == {"input": asked, "output": given}


def test_attributes_are_believed_before_events():
    events = [("gen_ai.tool.message", {"content": "other"}), ("note", {"content": "none"})]
    assert row(TOOL | {"gen_ai.tool.call.arguments": "{}"}, events=events).arguments == "{}"


@pytest.mark.parametrize("nothing", ["<not specified>", "None", "undefined"])
def test_a_word_for_no_id_is_none(nothing):
    assert row(TOOL | {"gen_ai.tool.call.id": nothing}).tool_call_id == ""
    assert row(TOOL | {"gen_ai.tool.call.id": "call_None"}).tool_call_id == "call_None"


def test_what_is_no_text_does_no_harm():
    lists = {"gen_ai.tool.call.id": [1], "gen_ai.tool.call.arguments": [1], "gen_ai.tool.call.result": [[1]]}
    made = row(TOOL | lists | {"metadata": ["ls_"]}, events=[("gen_ai.choice", {"message": 1})])
    assert (made.tool_call_id, made.arguments, made.result) == ("[1]", "[1]", "[[1]]")


@pytest.mark.parametrize(
    "framework",
    [
        *("strands-agents", "langchain", "langgraph", "autogen", "LangChain", "crewai", "pydantic_ai"),
        *("llama-index", "llama_index", "LlamaIndex", "llama-index-llms-openai", "llama_index.llms.openai"),
        *("semantic-kernel", "Semantic Kernel", "semantic.kernel", "haystack-ai", "google-adk", "google.adk"),
        *("langchain_openai", "langchain-anthropic", "@mastra/core", "gcp.vertex.agent", "spring_ai", "dspy-ai"),
        *("microsoft.agent_framework", "openai-agents", "pydantic-ai-slim"),
    ],
)
def test_a_framework_is_no_provider(framework):
    assert row(CHAT | {"gen_ai.system": framework}).series.provider == ""


@pytest.mark.parametrize(
    ("provider", "stored"),
    [
        *(("google", "gcp.gemini"), ("gcp.vertex_ai", "gcp.vertex_ai"), ("openai", "openai")),
        *(("openai-compatible", "openai-compatible"), ("litellm", "litellm"), ("haystacks", "haystacks")),
        *(("my-langchain", "my-langchain"), ("semantic", "semantic"), ("llama", "llama"), ("spring", "spring")),
    ],
)
def test_a_provider_whose_name_is_like_a_frameworks_stays_one(provider, stored):
    assert row(CHAT | {"gen_ai.system": provider}).series.provider == stored


def test_the_metadata_name_the_provider_where_a_framework_stands_for_it():
    said = {"gen_ai.system": "langchain", "metadata": '{"ls_provider": "openai"}'}
    assert row(CHAT | said).series.provider == "openai"
    assert row(CHAT | said | {"gen_ai.system": "anthropic"}).series.provider == "anthropic"
    assert row(CHAT | {"gen_ai.provider.name": "langchain-inc"}).series.provider == "langchain-inc"


def test_words_of_a_tool_on_the_call_of_a_model_are_kept_as_attributes():
    words = {"gen_ai.tool.name": "crm, erp", "gen_ai.tool.call.id": "call_1", "gen_ai.tool.args": "{}"}
    for names in (words, {"tool.name": "crm"}):
        made = row(CHAT | names)
        assert (made.series.tool, made.tool_call_id, made.arguments) == ("", "", "")
        assert names.items() <= made.attributes.items()


METADATA = json.dumps(
    {"ls_provider": "openai", "lc_agent_name": "coach", "thread_id": "s1", "ls_model_name": "gpt-4o"}
)


@pytest.mark.parametrize(
    "attributes",
    [
        {"metadata": METADATA},
        {
            "traceloop.association.properties.lc_agent_name": "coach",
            "traceloop.association.properties.thread_id": "s1",
        },
        {"langsmith.metadata.lc_agent_name": "coach", "langsmith.metadata.thread_id": "s1"},
    ],
    ids=["OpenInference", "Traceloop", "LangSmith"],
)
def test_langchain_names_agent_and_session_in_the_metadata_of_a_run(attributes):
    made = row(TOOL | attributes)
    assert (made.series.agent, made.session_id, made.series.provider) == ("coach", "s1", "")


def test_langchain_names_the_provider_there_but_what_the_span_says_holds():
    assert row({"openinference.span.kind": "LLM", "metadata": METADATA}).series.provider == "openai"
    assert row(CHAT | {"gen_ai.agent.name": "mine", "metadata": METADATA}).series.agent == "mine"
    assert row(TOOL | {"metadata": '{"lc_agent_name": ["a"], "ls_x": 1'}).series.agent == ""


@pytest.mark.parametrize("name", ["coach.run", "coach._execute_core", "coach"])
def test_the_span_of_an_agent_names_it(name):
    assert row({"openinference.span.kind": "AGENT"}, name=name).series.agent == "coach"
    assert row({"ai.operationId": "ai.generateText"}, name=name).series.agent == ""


@pytest.mark.parametrize(
    "name", ["mastra.metadata.sessionId", "ai.settings.context.sessionId", "langsmith.metadata.session_id"]
)
def test_a_session_is_found_under_the_name_that_its_sender_has_for_it(name):
    assert row(TOOL | {name: "s1"}).session_id == "s1"


def test_a_connection_is_no_session():
    made = row(TOOL | {"mcp.session.id": "7f"})
    assert (made.session_id, made.attributes["mcp.session.id"]) == ("", "7f")


@pytest.mark.parametrize("name", ["MCP send tools/call crm", "tools/call crm", "execute_tool crm"])
def test_a_client_of_mcp_names_the_tool_by_its_span(name):
    assert row({"mcp.method.name": "tools/call"}, name=name).series.tool == "crm"


def test_calls_that_were_merged_are_no_call():
    made = row({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "(merged tools)"})
    assert (made.outcome, made.series.tool) == ("", "")


def test_a_function_of_openai_agents_by_logfire_is_a_tool_call():
    made = row({"logfire.msg_template": "Function: {name}", "name": "crm", "input": '{"id": 1}', "output": '"ok"'})
    assert (made.series.tool, made.arguments, made.result, made.outcome) == (
        "crm",
        '{"id": 1}',
        '"ok"',
        "first_try",
    )
    other = row({"logfire.msg_template": "Handler: {name}", "name": "crm"})
    assert (other.series.operation, other.series.tool) == ("", "")


def test_a_tool_of_langchain_js_is_named_by_the_message_that_carried_its_result():
    carried = json.dumps({"kwargs": {"content": "ok", "name": "crm", "tool_call_id": "call_1"}, "lc": 1})
    attributes = {"gen_ai.operation.name": "execute_tool", "traceloop.entity.output": carried}
    assert row(attributes | {"traceloop.entity.name": "DynamicStructuredTool"}).series.tool == "crm"
    assert row(attributes | {"traceloop.entity.name": "orders"}).series.tool == "orders"


def test_an_error_that_strands_gave_back_is_a_returned_failure_and_one_that_was_raised_is_none():
    attributes = TOOL | {"gen_ai.tool.status": "error"}
    assert row(attributes, status=2).outcome == "returned_failure"
    raised = [("exception", {"exception.type": "RuntimeError", "exception.message": "cold"})]
    assert row(attributes, status=2, events=raised).outcome == "tool_bug"
    assert row(attributes, status=0).outcome == "returned_failure"


PARTS = [{"type": "tool_call", "id": "call_1", "name": "crm"}]
ASKED = [{"role": "assistant", "parts": PARTS}]
IN_OPENAI = {"tool_calls": [{"id": "call_1", "function": {"name": "crm", "arguments": "{}"}}]}
FLAT = "llm.output_messages.0.message.tool_calls.0.tool_call."


@pytest.mark.parametrize(
    ("attributes", "events", "before"),
    [
        ({"ai.response.toolCalls": '[{"toolCallId": "call_1", "toolName": "crm", "input": "{}"}]'}, (), []),
        ({FLAT + "id": "call_1", FLAT + "function.name": "crm", "output.value": "I look."}, (), ["I look."]),
        (
            {"gen_ai.completion.0.tool_calls.0.id": "call_1", "gen_ai.completion.0.tool_calls.0.name": "crm"},
            (),
            [],
        ),
        ({}, [("gen_ai.choice", {"message": json.dumps(IN_OPENAI)})], []),
        ({}, [("gen_ai.choice", {"gen_ai.event.content": json.dumps({"message": IN_OPENAI})})], []),
        ({}, [("gen_ai.choice", {"tool_calls": IN_OPENAI["tool_calls"]})], []),
        ({}, [("gen_ai.choice", {"message": '[{"toolUse": {"toolUseId": "call_1", "name": "crm"}}]'})], []),
        (
            {
                "gen_ai.output.messages": '[{"role": "a"}]',
                "traceloop.entity.output": json.dumps({"o": [IN_OPENAI]}),
            },
            (),
            [{"role": "a"}],
        ),
    ],
)
def test_calls_that_a_chat_asks_for_elsewhere_are_added_to_its_output(attributes, events, before):
    assert json.loads(row(CHAT | attributes, events=events).messages) == {"output": before + ASKED}


@pytest.mark.parametrize(
    "attributes",
    [
        {FLAT + "id": "call_1", "output.value": json.dumps(IN_OPENAI)},
        {"ai.response.toolCalls": '[{"toolCallId": "call_1"}]', "gen_ai.output.messages": json.dumps(ASKED)},
        # An answer and its messages have ids, too.
        {"output.value": '{"id": "chatcmpl-1"}', "traceloop.entity.output": '{"id": "run-1", "text": "fine"}'},
    ],
)
def test_an_output_that_holds_all_calls_stays_as_it_is(attributes):
    output = attributes.get("gen_ai.output.messages") or attributes["output.value"]
    if "traceloop.entity.output" in attributes:
        output = attributes["traceloop.entity.output"]
    assert json.loads(row(CHAT | attributes).messages) == {"output": json.loads(output)}


@pytest.mark.parametrize(
    ("kind", "attributes", "events"),
    [
        (CHAT, {"llm.input_messages.0.message.tool_calls.0.tool_call.id": "call_1"}, ()),
        (CHAT, {"gen_ai.prompt.0.tool_calls.0.id": "call_1", "gen_ai.completion.0.id": "answer"}, ()),
        (CHAT, {}, [("gen_ai.assistant.message", IN_OPENAI)]),
        (CHAT, {"ai.response.toolCalls": "", "gen_ai.completion.0.tool_calls.0.id": [1]}, ()),
        (CHAT, {"ai.response.toolCalls": "[" * 5_000}, ()),
        ({"gen_ai.operation.name": "invoke_agent"}, {"ai.response.toolCalls": '[{"toolCallId": "call_1"}]'}, ()),
    ],
)
def test_calls_of_earlier_turns_and_of_others_are_not_added(kind, attributes, events):
    assert row(kind | attributes, events=events).messages == ""


def test_what_is_added_is_bounded_and_is_found_where_a_middle_is_missing():
    many = [{"toolCallId": f"call_{number}", "toolName": "crm"} for number in range(500)]
    [message] = json.loads(row(CHAT | {"ai.response.toolCalls": json.dumps(many)}).messages)["output"]
    assert len(message["parts"]) == 128
    long = [{"toolCallId": "call_1", "input": "x" * 60_000}, {"toolCallId": "call_2"}]
    [message] = json.loads(row(CHAT | {"ai.response.toolCalls": json.dumps(long)}).messages)["output"]
    assert [part["id"] for part in message["parts"]] == ["call_1", "call_2"]
