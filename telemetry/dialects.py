"""The other vocabularies that spans arrive in, translated into ours (``telemetry.semconv``).

Understood are OpenInference (Phoenix), the older names of OpenTelemetry's GenAI conventions, OpenLIT,
OpenLLMetry (Traceloop), the Vercel AI SDK and the MCP conventions. Where a span says a thing in ours and in
another, ours holds.
"""

from collections.abc import Mapping
from typing import Any

from telemetry import semconv as sc

# Our name, and what others call it, the better source first.
ALIASES: dict[str, tuple[str, ...]] = {
    sc.TOOL_NAME: ("tool.name", "mcp.tool.name", "ai.toolCall.name"),
    sc.TOOL_CALL_ID: ("tool_call.id", "tool.id", "ai.toolCall.id"),
    sc.TOOL_CALL_ARGUMENTS: (
        *("gen_ai.tool.args", "gen_ai.tool.input", "gen_ai.tool.arguments"),
        *("ai.toolCall.args", "traceloop.entity.input", "tool.parameters"),
    ),
    sc.TOOL_CALL_RESULT: (
        *("gen_ai.tool.output", "gen_ai.tool.result", "ai.toolCall.result", "traceloop.entity.output"),
    ),
    sc.PROVIDER_NAME: ("gen_ai.system", "llm.provider", "llm.system", "ai.model.provider"),
    sc.REQUEST_MODEL: ("llm.model_name", "embedding.model_name", "llm.request.model", "ai.model.id"),
    sc.CONVERSATION_ID: ("session.id", "gen_ai.session.id", "mcp.session.id"),
    sc.AGENT_NAME: ("agent.name",),
    sc.PROMPT_VERSION: ("gen_ai.prompt.version", "llm.prompt_template.version"),
    sc.INPUT_TOKENS: (
        *("gen_ai.usage.prompt_tokens", "llm.token_count.prompt", "llm.usage.prompt_tokens"),
        *("ai.usage.inputTokens", "ai.usage.promptTokens"),
    ),
    sc.OUTPUT_TOKENS: (
        *("gen_ai.usage.completion_tokens", "llm.token_count.completion", "llm.usage.completion_tokens"),
        *("ai.usage.outputTokens", "ai.usage.completionTokens"),
    ),
    sc.INPUT_MESSAGES: ("gen_ai.prompt", "gen_ai.content.prompt"),
    sc.OUTPUT_MESSAGES: ("gen_ai.completion", "gen_ai.content.completion"),
}
# What `input.value` and `output.value` of OpenInference are depends on the kind of span.
TOOL_VALUES = {sc.TOOL_CALL_ARGUMENTS: "input.value", sc.TOOL_CALL_RESULT: "output.value"}
OTHER_VALUES = {sc.INPUT_MESSAGES: "input.value", sc.OUTPUT_MESSAGES: "output.value"}

# An attribute that tells the kind of a span, and our operation for each of its values (in lower case).
OPERATIONS: dict[str, dict[str, str]] = {
    sc.OPERATION_NAME: dict.fromkeys(("tool", "tools", "tool_call", "execute_tools"), sc.OPERATION_EXECUTE_TOOL),
    "openinference.span.kind": {
        "tool": sc.OPERATION_EXECUTE_TOOL,
        "llm": "chat",
        "agent": "invoke_agent",
        "embedding": "embeddings",
        "retriever": "retrieval",
    },
    "traceloop.span.kind": {
        "tool": sc.OPERATION_EXECUTE_TOOL,
        "agent": "invoke_agent",
        "workflow": "invoke_workflow",
    },
    "ai.operationId": {"ai.toolcall": sc.OPERATION_EXECUTE_TOOL},
    "mcp.method.name": {"tools/call": sc.OPERATION_EXECUTE_TOOL},
    "llm.request.type": {"chat": "chat", "completion": "text_completion", "embedding": "embeddings"},
}

PROVIDERS = {
    **dict.fromkeys(("az.ai.openai", "azure", "azure_openai", "azure-openai"), "azure.ai.openai"),
    "az.ai.inference": "azure.ai.inference",
    **dict.fromkeys(("gemini", "google_genai", "google"), "gcp.gemini"),
    **dict.fromkeys(("vertexai", "vertex_ai", "google_vertexai"), "gcp.vertex_ai"),
    **dict.fromkeys(("aws", "bedrock", "aws_bedrock"), "aws.bedrock"),
    **dict.fromkeys(("mistral", "mistralai"), "mistral_ai"),
    "xai": "x_ai",
    "moonshot": "moonshot_ai",
    **dict.fromkeys(("ibm", "watsonx"), "ibm.watsonx.ai"),
}


def translate(attributes: Mapping[str, Any], span_name: str) -> dict[str, Any]:
    """*attributes* with our names added for what they say in another vocabulary; nothing is taken away."""
    ours = dict(attributes)
    for name, aliases in ALIASES.items():
        _fill(ours, name, aliases)
    if operation := _operation(ours):
        ours[sc.OPERATION_NAME] = operation
    is_tool = operation == sc.OPERATION_EXECUTE_TOOL
    for name, alias in (TOOL_VALUES if is_tool else OTHER_VALUES).items():
        _fill(ours, name, (alias,))
    if is_tool and not ours.get(sc.TOOL_NAME):
        ours[sc.TOOL_NAME] = ours.get("traceloop.entity.name") or _tool_in(span_name)
    if provider := str(ours.get(sc.PROVIDER_NAME, "")).lower():
        ours[sc.PROVIDER_NAME] = PROVIDERS.get(provider, provider)
    return ours


def _fill(ours: dict[str, Any], name: str, aliases: tuple[str, ...]) -> None:
    if name not in ours:
        for alias in aliases:
            if alias in ours:
                ours[name] = ours[alias]
                return


def _operation(attributes: Mapping[str, Any]) -> str:
    own = str(attributes.get(sc.OPERATION_NAME, ""))
    if own:
        return OPERATIONS[sc.OPERATION_NAME].get(own.lower(), own)
    for name, operations in OPERATIONS.items():
        value = attributes.get(name)
        if value is not None and (operation := operations.get(str(value).lower())):
            return operation
    return ""


def _tool_in(span_name: str) -> str:
    """The tool named by a span such as ``execute_tool crm`` or ``tools/call crm``."""
    head, _, rest = span_name.partition(" ")
    return rest if rest and head in {"execute_tool", "tools/call", "tool"} else span_name
