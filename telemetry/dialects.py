"""The other vocabularies that spans arrive in, translated into ours (``telemetry.semconv``).

Understood are OpenInference (Phoenix), the older names of OpenTelemetry's GenAI conventions, OpenLIT,
OpenLLMetry (Traceloop), the Vercel AI SDK and the MCP conventions. Where a span says a thing in ours and in
another, ours holds.
This is the words alone; ``telemetry.plans`` applies them.
"""

import re

from telemetry import semconv as sc

# Our name, and what others call it, the better source first.
ALIASES: dict[str, tuple[str, ...]] = {
    sc.TOOL_NAME: ("tool.name", "mcp.tool.name", "ai.toolCall.name"),
    sc.TOOL_CALL_ID: ("tool_call.id", "tool.id", "ai.toolCall.id"),
    sc.TOOL_CALL_ARGUMENTS: (
        *("gen_ai.tool.args", "gen_ai.tool.input", "gen_ai.tool.arguments"),
        *("ai.toolCall.args", "ai.toolCall.input"),
    ),
    sc.TOOL_CALL_RESULT: (
        *("gen_ai.tool.output", "gen_ai.tool.result", "ai.toolCall.result", "ai.toolCall.output"),
    ),
    sc.PROVIDER_NAME: ("gen_ai.system", "llm.provider", "llm.system", "ai.model.provider"),
    sc.REQUEST_MODEL: ("llm.model_name", "embedding.model_name", "llm.request.model", "ai.model.id"),
    sc.RESPONSE_MODEL: ("ai.response.model", "llm.response.model"),
    sc.CONVERSATION_ID: (
        *("session.id", "gen_ai.session.id", "mcp.session.id", "langfuse.session.id"),
        *("traceloop.association.properties.session_id", "ai.telemetry.metadata.sessionId"),
    ),
    sc.AGENT_NAME: ("agent.name", "traceloop.agent.name", "ai.telemetry.functionId"),
    sc.PROMPT_VERSION: ("gen_ai.prompt.version", "llm.prompt_template.version", "traceloop.prompt.version"),
    sc.INPUT_TOKENS: (
        *("gen_ai.usage.prompt_tokens", "llm.token_count.prompt", "llm.usage.prompt_tokens"),
        *("ai.usage.inputTokens", "ai.usage.promptTokens"),
    ),
    sc.OUTPUT_TOKENS: (
        *("gen_ai.usage.completion_tokens", "llm.token_count.completion", "llm.usage.completion_tokens"),
        *("ai.usage.outputTokens", "ai.usage.completionTokens"),
    ),
    sc.CACHE_READ_TOKENS: (
        *("gen_ai.usage.cache_read_input_tokens", "llm.token_count.prompt_details.cache_read"),
        *("ai.usage.cachedInputTokens", "ai.usage.inputTokenDetails.cacheReadTokens"),
        *("gen_ai.usage.cached_input_tokens", "gen_ai.usage.input_tokens.cached"),
        *("gen_ai.usage.cache_read_tokens", "gen_ai.usage.input_cached_tokens", "gen_ai.usage.cached_tokens"),
        *("gen_ai.usage.details.cache_read_tokens", "gen_ai.usage.details.input_cached_tokens"),
        *("gen_ai.usage.details.cached_tokens", "gen_ai.usage.input_token_details.cache_read"),
        *("gen_ai.usage.prompt_tokens_details.cached_tokens", "llm.usage.cache_read_input_tokens"),
        "llm.token_count.prompt_details.cache_input",
    ),
    sc.CACHE_WRITE_TOKENS: (
        *("gen_ai.usage.cache_creation_input_tokens", "llm.token_count.prompt_details.cache_write"),
        *("ai.usage.inputTokenDetails.cacheWriteTokens", "gen_ai.usage.cache_write.input_tokens"),
        *("gen_ai.usage.cache_write_input_tokens", "gen_ai.usage.cache_write_tokens"),
        *("gen_ai.usage.cache_creation_tokens", "gen_ai.usage.details.cache_write_tokens"),
        *("gen_ai.usage.details.cache_creation_tokens", "gen_ai.usage.input_token_details.cache_creation"),
        *("gen_ai.usage.prompt_tokens_details.cache_creation_tokens", "llm.usage.cache_creation_input_tokens"),
    ),
    # US dollars of the whole call, as OpenLIT, OpenLLMetry, OpenInference, Pydantic AI and litellm state them.
    sc.COST_USD: (
        *("gen_ai.usage.total_cost", "llm.usage.total_cost", "llm.cost.total", "operation.cost"),
        "llm.response.cost",
    ),
    sc.REASONING_TOKENS: (
        *("gen_ai.usage.reasoning_tokens", "llm.token_count.completion_details.reasoning"),
        *("ai.usage.reasoningTokens", "ai.usage.outputTokenDetails.reasoningTokens"),
    ),
    sc.INPUT_MESSAGES: ("gen_ai.prompt", "gen_ai.content.prompt", "ai.prompt.messages", "ai.prompt"),
    sc.OUTPUT_MESSAGES: ("gen_ai.completion", "gen_ai.content.completion", "ai.response.text"),
    sc.ERROR_TYPE: ("exception.type",),
    sc.ERROR_MESSAGE: ("error.message", "exception.message"),
}
# What OpenInference's `input.value` and OpenLLMetry's `traceloop.entity.input` are depends on the kind of span.
_INPUTS, _OUTPUTS = (
    ("traceloop.entity.input", "input.value", "tool.parameters"),
    ("traceloop.entity.output", "output.value"),
)
TOOL_VALUES = {sc.TOOL_CALL_ARGUMENTS: _INPUTS, sc.TOOL_CALL_RESULT: _OUTPUTS}
OTHER_VALUES = {sc.INPUT_MESSAGES: _INPUTS, sc.OUTPUT_MESSAGES: _OUTPUTS}
# OpenLLMetry's name of a tool or an agent.
ENTITY = "traceloop.entity.name"

INVOKE_AGENT, INVOKE_WORKFLOW = "invoke_agent", "invoke_workflow"
_VERCEL = ("generatetext", "streamtext", "generateobject", "streamobject")
# Vercel's AI SDK makes a span for what the application called and one for each call of a model below it.
VERCEL_OPERATION = "ai.operationId"
# An attribute that tells the kind of a span, and our operation for each of its values (in lower case).
OPERATIONS: dict[str, dict[str, str]] = {
    sc.OPERATION_NAME: dict.fromkeys(("tool", "tools", "tool_call", "execute_tools"), sc.OPERATION_EXECUTE_TOOL),
    "openinference.span.kind": {
        "tool": sc.OPERATION_EXECUTE_TOOL,
        "llm": "chat",
        "agent": INVOKE_AGENT,
        "chain": INVOKE_WORKFLOW,
        "embedding": "embeddings",
        "retriever": "retrieval",
    },
    "traceloop.span.kind": {
        "tool": sc.OPERATION_EXECUTE_TOOL,
        "agent": INVOKE_AGENT,
        "workflow": INVOKE_WORKFLOW,
        "task": INVOKE_WORKFLOW,
    },
    VERCEL_OPERATION: {
        "ai.toolcall": sc.OPERATION_EXECUTE_TOOL,
        **{f"ai.{name}": INVOKE_AGENT for name in _VERCEL},
        **{f"ai.{name}.do{verb}": "chat" for name in _VERCEL for verb in ("generate", "stream")},
        **dict.fromkeys(("ai.embed", "ai.embedmany"), INVOKE_WORKFLOW),
        **dict.fromkeys(("ai.embed.doembed", "ai.embedmany.doembed"), "embeddings"),
    },
    sc.MCP_METHOD: {sc.MCP_TOOLS_CALL: sc.OPERATION_EXECUTE_TOOL},
    "llm.request.type": {"chat": "chat", "completion": "text_completion", "embedding": "embeddings"},
}

PROVIDERS = {
    **dict.fromkeys(("az.ai.openai", "azure", "azure_openai", "azure-openai"), "azure.ai.openai"),
    "az.ai.inference": "azure.ai.inference",
    **dict.fromkeys(("gemini", "google_genai", "google", "google.generative-ai"), "gcp.gemini"),
    **dict.fromkeys(("vertexai", "vertex_ai", "google_vertexai", "google.vertex"), "gcp.vertex_ai"),
    **dict.fromkeys(("aws", "bedrock", "aws_bedrock", "amazon-bedrock"), "aws.bedrock"),
    **dict.fromkeys(("mistral", "mistralai"), "mistral_ai"),
    "xai": "x_ai",
    "moonshot": "moonshot_ai",
    **dict.fromkeys(("ibm", "watsonx"), "ibm.watsonx.ai"),
}
# Vercel names the part of a provider's API too: `openai.chat`, `anthropic.messages`.
_PARTS = (".chat", ".messages", ".responses", ".completion", ".embedding", ".textembeddingmodel")
# An ARN says region and account first, and is longer than a word: the end of it tells the model.
_ARN = re.compile(r"arn:aws[\w-]*:bedrock:[^/]*:(?:foundation-model/|inference-profile/)?(?=.)", re.IGNORECASE)


def model_word(said: str) -> str:
    """The word for the model that *said* means: of an ARN of Bedrock the model or the profile that it names."""
    return _ARN.sub("", said, count=1) if said[:4] == "arn:" else said


def provider_name(said: str) -> str:
    """The conventions' name of the provider that *said* means; its own name in lower case where they have none."""
    name = said.lower()
    for part in _PARTS:
        name = name.removesuffix(part)
    return PROVIDERS.get(name, name)
