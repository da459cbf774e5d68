"""The other vocabularies that spans arrive in, translated into ours (``telemetry.semconv``).

Understood are OpenInference (Phoenix), the older names of OpenTelemetry's GenAI conventions, OpenLIT,
OpenLLMetry (Traceloop), the Vercel AI SDK and the MCP conventions. Where a span says a thing in ours and in
another, ours holds.
This is the words alone; ``telemetry.spans.attribute_mapping`` applies them.
"""

import re

from telemetry import semconv as sc

# Where instrumentations write what LangChain calls the metadata of a run, and what it says there.
LANGCHAIN_METADATA = ("traceloop.association.properties", "langsmith.metadata")
LANGCHAIN_SESSIONS = ("session_id", "thread_id", "conversation_id")
LANGCHAIN_AGENT = "lc_agent_name"
LANGCHAIN_PROVIDER, LANGCHAIN_MODEL = "ls_provider", "ls_model_name"

# Our name, and what others call it, the better source first.
ALIASES: dict[str, tuple[str, ...]] = {
    sc.TOOL_NAME: ("tool.name", "mcp.tool.name", "ai.toolCall.name"),
    sc.TOOL_CALL_ID: ("tool_call.id", "tool.id", "ai.toolCall.id"),
    sc.TOOL_CALL_ARGUMENTS: (
        *("gen_ai.tool.args", "gen_ai.tool.input", "gen_ai.tool.arguments"),
        *("ai.toolCall.args", "ai.toolCall.input", "gcp.vertex.agent.tool_call_args"),
    ),
    sc.TOOL_CALL_RESULT: (
        *("gen_ai.tool.output", "gen_ai.tool.result", "ai.toolCall.result", "ai.toolCall.output"),
        "gcp.vertex.agent.tool_response",
    ),
    sc.PROVIDER_NAME: ("gen_ai.system", "llm.provider", "llm.system", "ai.model.provider"),
    sc.REQUEST_MODEL: ("llm.model_name", "embedding.model_name", "llm.request.model", "ai.model.id"),
    sc.RESPONSE_MODEL: ("ai.response.model", "llm.response.model"),
    sc.CONVERSATION_ID: (
        # Not `mcp.session.id`: a connection's, and FastMCP makes a new one for each request.
        *("session.id", "gen_ai.session.id", "langfuse.session.id"),
        *(f"{properties}.{name}" for properties in LANGCHAIN_METADATA for name in LANGCHAIN_SESSIONS),
        *("ai.telemetry.metadata.sessionId", "ai.settings.context.sessionId"),
        *("mastra.metadata.sessionId", "mastra.metadata.threadId"),
    ),
    sc.AGENT_NAME: (
        *("agent.name", "traceloop.agent.name", "ai.telemetry.functionId"),
        *(f"{properties}.{LANGCHAIN_AGENT}" for properties in LANGCHAIN_METADATA),
    ),
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
        *("llm.token_count.prompt_details.cache_input", "gen_ai.usage.details.cache_read_input_tokens"),
        "gen_ai.usage.input_tokens_details.cached_tokens",
    ),
    sc.CACHE_WRITE_TOKENS: (
        *("gen_ai.usage.cache_creation_input_tokens", "llm.token_count.prompt_details.cache_write"),
        *("ai.usage.inputTokenDetails.cacheWriteTokens", "gen_ai.usage.cache_write.input_tokens"),
        *("gen_ai.usage.cache_write_input_tokens", "gen_ai.usage.cache_write_tokens"),
        *("gen_ai.usage.cache_creation_tokens", "gen_ai.usage.details.cache_write_tokens"),
        *("gen_ai.usage.details.cache_creation_tokens", "gen_ai.usage.input_token_details.cache_creation"),
        *("gen_ai.usage.prompt_tokens_details.cache_creation_tokens", "llm.usage.cache_creation_input_tokens"),
        "gen_ai.usage.details.cache_creation_input_tokens",
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
# Tokens of input and output together. An embedding has no output, so there they are its input, where nothing else
# says that; of any other call nobody knows which they are.
EMBEDDINGS = "embeddings"
TOTAL_TOKENS = ("ai.usage.tokens", "llm.token_count.total", "gen_ai.usage.total_tokens", "llm.usage.total_tokens")
# Tokens that stand inside a value, which is a structure or its JSON: in which attribute, and there in which group
# (empty: in none) under which name.
TOKEN_DETAILS: dict[str, tuple[tuple[str, str, str], ...]] = {
    sc.CACHE_READ_TOKENS: (
        ("langsmith.metadata.usage_metadata", "input_token_details", "cache_read"),
        ("ai.usage", "inputTokenDetails", "cacheReadTokens"),
        ("ai.response.usage", "inputTokenDetails", "cacheReadTokens"),
        ("ai.usage", "", "cachedInputTokens"),
        ("ai.response.usage", "", "cachedInputTokens"),
    ),
    sc.CACHE_WRITE_TOKENS: (
        ("langsmith.metadata.usage_metadata", "input_token_details", "cache_creation"),
        ("ai.usage", "inputTokenDetails", "cacheWriteTokens"),
        ("ai.response.usage", "inputTokenDetails", "cacheWriteTokens"),
    ),
}
# What OpenInference's `input.value` and OpenLLMetry's `traceloop.entity.input` are depends on the kind of span; so
# does LangSmith's `gen_ai.prompt`.
_INPUTS, _OUTPUTS = (
    ("traceloop.entity.input", "input.value", "tool.parameters"),
    ("traceloop.entity.output", "output.value"),
)
TOOL_VALUES = {
    sc.TOOL_CALL_ARGUMENTS: (*_INPUTS, "gen_ai.prompt"),
    sc.TOOL_CALL_RESULT: (*_OUTPUTS, "gen_ai.completion"),
}
OTHER_VALUES = {sc.INPUT_MESSAGES: _INPUTS, sc.OUTPUT_MESSAGES: _OUTPUTS}
EMBEDDING_VALUES = {**OTHER_VALUES, sc.INPUT_TOKENS: TOTAL_TOKENS}
# What Logfire writes of openai-agents, where a span has its template.
LOGFIRE, LOGFIRE_NAME = "logfire.msg_template", "name"
LOGFIRE_TOOL = {
    sc.TOOL_NAME: (LOGFIRE_NAME,),
    sc.TOOL_CALL_ARGUMENTS: ("input",),
    sc.TOOL_CALL_RESULT: ("output",),
}
# Names that a span of a tool has which is none: Google's ADK adds up calls that were made at once.
NO_TOOLS = ("(merged tools)",)
# Words of a call of a tool: OpenLIT writes them on the call of a model that asked for it, too.
ONLY_OF_TOOLS = (sc.TOOL_NAME, sc.TOOL_CALL_ID, sc.TOOL_CALL_ARGUMENTS, sc.TOOL_CALL_RESULT)
# Also of the span of an MCP server whose call another span counts: it keeps its operation and has no outcome.
OF_TOOLS = (sc.OPERATION_EXECUTE_TOOL, sc.MCP_TOOLS_CALL)
# OpenLLMetry's name of a tool or an agent.
ENTITY = "traceloop.entity.name"
OPENINFERENCE_KIND = "openinference.span.kind"
# What instrumentations of smolagents and CrewAI put behind an agent's name to name its span.
AGENT_METHODS = (".run", "._execute_core", ".execute_task")
TOOL_STATUS = "gen_ai.tool.status"  # of Strands: "success" or "error"

INVOKE_AGENT, INVOKE_WORKFLOW = "invoke_agent", "invoke_workflow"
_VERCEL = ("generatetext", "streamtext", "generateobject", "streamobject")
# Vercel's AI SDK makes a span for what the application called and one for each call of a model below it.
VERCEL_OPERATION = "ai.operationId"
# An attribute that tells the kind of a span, and our operation for each of its values (in lower case).
OPERATIONS: dict[str, dict[str, str]] = {
    sc.OPERATION_NAME: {
        **dict.fromkeys(("tool", "tools", "tool_call", "execute_tools"), sc.OPERATION_EXECUTE_TOOL),
        **{"agent": INVOKE_AGENT, "chain": INVOKE_WORKFLOW, "workflow": INVOKE_WORKFLOW},
        **dict.fromkeys(("completion", "acompletion"), "chat"),  # of litellm
    },
    OPENINFERENCE_KIND: {
        "tool": sc.OPERATION_EXECUTE_TOOL,
        "llm": "chat",
        "agent": INVOKE_AGENT,
        "chain": INVOKE_WORKFLOW,
        "embedding": EMBEDDINGS,
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
        **dict.fromkeys(("ai.embed.doembed", "ai.embedmany.doembed"), EMBEDDINGS),
    },
    sc.MCP_METHOD: {sc.MCP_TOOLS_CALL: sc.OPERATION_EXECUTE_TOOL},
    # Of openai-agents by Logfire, which has no other word for what a span does than its name.
    LOGFIRE: {
        "function: {name}": sc.OPERATION_EXECUTE_TOOL,
        "agent run: {name!r}": INVOKE_AGENT,
        **dict.fromkeys(
            ("chat completion with {gen_ai.request.model!r}", "responses api with {gen_ai.request.model!r}"),
            "chat",
        ),
    },
    "llm.request.type": {"chat": "chat", "completion": "text_completion", "embedding": EMBEDDINGS},
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
# They call models of others, and instrumentations of them give their names where a provider's should be. Here
# without what parts words: `llama-index`, `Llama Index` and `LlamaIndex` are `llamaindex`.
FRAMEWORKS = frozenset(
    {
        *("langchain", "langchain4j", "langgraph", "langflow", "langfuse", "langsmith", "traceloop"),
        *("openllmetry", "openinference", "openlit", "logfire", "llamaindex", "haystack", "dspy", "strands"),
        *("strandsagents", "autogen", "ag2", "crewai", "smolagents", "mastra", "semantickernel", "pydanticai"),
        *("openaiagents", "googleadk", "genkit", "firebasegenkit", "gcpvertexagent", "agno", "phidata"),
        *("springai", "griptape", "letta", "beeai", "agentframework", "microsoftagentframework", "promptflow"),
    }
)
# What stands behind a framework's name in that of a part of it: what it is, or whose models it calls.
_OF_FRAMEWORKS = frozenset(
    {
        *(
            "ai",
            "sdk",
            "core",
            "community",
            "classic",
            "experimental",
            "agent",
            "agents",
            "agentchat",
            "llm",
            "llms",
        ),
        *(
            "chat",
            "ext",
            "model",
            "models",
            "slim",
            "tools",
            "py",
            "python",
            "js",
            "ts",
            "dotnet",
            "java",
            "cloud",
        ),
        *("openai", "anthropic", "google", "genai", "vertexai", "vertex", "gemini", "aws", "bedrock", "azure"),
        *("mistral", "mistralai", "cohere", "groq", "ollama", "deepseek", "xai", "fireworks", "together"),
        *("nvidia", "huggingface", "perplexity", "openrouter", "litellm", "ibm", "watsonx", "integrations"),
    }
)
_PARTING = re.compile(r"[\W_]+")
# Vercel names the part of a provider's API too: `openai.chat`, `anthropic.messages`.
_PARTS = (".chat", ".messages", ".responses", ".completion", ".embedding", ".textembeddingmodel")
# An ARN says region and account first, and is longer than a word: the end of it tells the model.
_ARN = re.compile(r"arn:aws[\w-]*:bedrock:[^/]*:(?:foundation-model/|inference-profile/)?(?=.)", re.IGNORECASE)


def model_word(said: str) -> str:
    """The word for the model that *said* means: of an ARN of Bedrock the model or the profile that it names."""
    return _ARN.sub("", said, count=1) if said[:4] == "arn:" else said


def is_of_tool(operation: str) -> bool:
    """Whether spans of this *operation* have words of a call of a tool."""
    return operation in OF_TOOLS


def is_framework(name: str) -> bool:
    """Whether *name* is a framework's, or that of a part of one: ``langchain_openai``."""
    words = [word for word in _PARTING.split(name.lower()) if word]
    return any(
        "".join(words[:count]) in FRAMEWORKS and (count == len(words) or words[count] in _OF_FRAMEWORKS)
        for count in range(1, len(words) + 1)
    )


def provider_name(said: str) -> str:
    """The conventions' name of the provider that *said* means; its own name in lower case where they have none.

    Empty for a framework, which provides no model.
    """
    name = said.lower()
    if is_framework(name):
        return ""
    for part in _PARTS:
        name = name.removesuffix(part)
    return PROVIDERS.get(name, name)
