"""The names of span attributes: the one vocabulary of everything that emits or reads spans.

``gen_ai.*`` follows the OpenTelemetry GenAI conventions (semantic-conventions-genai, status Development);
what the conventions lack is under ``salesboost.*``. Plain Python, imported by ``tools`` and ``telemetry``.
"""

from enum import StrEnum

# --- OpenTelemetry GenAI ---------------------------------------------------------------------------------
OPERATION_NAME = "gen_ai.operation.name"
OPERATION_EXECUTE_TOOL = "execute_tool"
OPERATION_CHAT = "chat"
AGENT_OPERATIONS = ("create_agent", "invoke_agent")
CHATS = frozenset({"chat", "text_completion", "generate_content"})  # what asks for tool calls
TOOL_NAME = "gen_ai.tool.name"
TOOL_CALL_ID = "gen_ai.tool.call.id"
TOOL_DESCRIPTION = "gen_ai.tool.description"
TOOL_TYPE = "gen_ai.tool.type"
TOOL_CALL_ARGUMENTS = "gen_ai.tool.call.arguments"
TOOL_CALL_RESULT = "gen_ai.tool.call.result"
PROVIDER_NAME = "gen_ai.provider.name"
REQUEST_MODEL = "gen_ai.request.model"
REQUEST_MAX_TOKENS = "gen_ai.request.max_tokens"
RESPONSE_MODEL = "gen_ai.response.model"
RESPONSE_ID = "gen_ai.response.id"
FINISH_REASONS = "gen_ai.response.finish_reasons"
CONVERSATION_ID = "gen_ai.conversation.id"
AGENT_NAME = "gen_ai.agent.name"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
CACHE_READ_TOKENS = "gen_ai.usage.cache_read.input_tokens"  # of the input tokens, those read from a cache
CACHE_WRITE_TOKENS = "gen_ai.usage.cache_creation.input_tokens"
REASONING_TOKENS = "gen_ai.usage.reasoning.output_tokens"
COST_USD = "gen_ai.usage.cost"  # as an instrumentation reckons it
BILLED_USD = "gen_ai.cost.total_cost"  # as the gateway that was asked takes it
INPUT_MESSAGES = "gen_ai.input.messages"
OUTPUT_MESSAGES = "gen_ai.output.messages"
ERROR_TYPE = "error.type"
STACKTRACE = "exception.stacktrace"
MCP_METHOD = "mcp.method.name"
MCP_TOOLS_CALL = "tools/call"
MCP_SERVERS = ("mcp.server.name", "fastmcp.server.name")  # the server's name: no convention has one yet
TIME_TO_FIRST_CHUNK = "gen_ai.response.time_to_first_chunk"  # seconds from the start of the call

# --- Ours ------------------------------------------------------------------------------------------------
OUTCOME = "salesboost.outcome"
CALLER_ROLE = "salesboost.caller.role"
CALLER_ID = "salesboost.caller.id"
PROMPT_VERSION = "salesboost.prompt.version"  # of a prompt that is edited here: "coach@3"
PROMPT_NAME = "salesboost.prompt.name"
PROMPT_VARIANT = "salesboost.prompt.variant"  # its family and rung, "brief/simple"
PROMPT_SHA256 = "salesboost.prompt.sha256"  # of the text that was sent, with its variables filled in
# Of the experiments that a model call is in: "shorter", "shorter@2", "brief"; of several with ", " between.
EXPERIMENT_NAME = "salesboost.experiment.name"
EXPERIMENT_RUN = "salesboost.experiment.run"
EXPERIMENT_ARM = "salesboost.experiment.arm"
ATTEMPTS = "salesboost.attempts"
HEDGED = "salesboost.hedged"  # whether the second of two attempts beside each other "won" or "lost"
# "hit" | "stale" | "joined" (an equal call that ran already) | "semantic": the tool did not run; "miss": it did;
# "refresh": it did, and nobody waited. Absent where the cache was not asked.
CACHE = "salesboost.cache"
ANSWERED_BY_CACHE = ("hit", "stale", "joined", "semantic")
CACHE_SIMILARITY = "salesboost.cache.similarity"  # of the two questions, where the hit is "semantic"
IDEMPOTENCY = "salesboost.idempotency"  # "first" | "replayed" | "in_progress" | "reused"; absent without a key
BREAKER_STATE = "salesboost.breaker.state"
QUEUE_WAIT_MS = "salesboost.queue.wait_ms"  # absent where the call did not wait for its turn
TOOL_REQUESTED = "salesboost.tool.requested"  # the name asked for, where no such tool exists
ERROR_MESSAGE = "salesboost.error.message"
ERROR_HINT = "salesboost.error.hint"
REPAIRS = "salesboost.arguments.repairs"  # what parsing and coercion changed, one sentence each
# What broke the tool's schema, "path: kind" each, such as "customer_id: missing"; only where arguments were bad.
VIOLATIONS = "salesboost.arguments.violations"
API_KEY_NAME = "salesboost.api_key.name"
USAGE_IS_A_SUM = "salesboost.usage.is_a_sum"  # true: its tokens are those of model calls below it
# Which of "agent", "session", "provider" and "model" a tool call's span did not say: they come from other spans.
INHERITED = "salesboost.inherited"
ASKED_BY = "salesboost.asked_by"  # the id of the span of the chat whose output names this call
DEPLOYMENT = "salesboost.deployment"  # the name of what was asked: a model behind one address and key
API = "salesboost.api"  # which of the vendor's interfaces: "chat", "responses", "messages", "generate"
REQUEST_CHANGES = "salesboost.request.changes"  # what was asked of the model otherwise, one sentence each
OPAQUE_STRIPPED = "salesboost.opaque.stripped"  # how many parts that only their maker reads stayed behind
MESSAGES_LEFT_OUT = "salesboost.messages.left_out"  # how many of the first: the model takes no longer conversation
PICTURES_LEFT_OUT = "salesboost.pictures.left_out"  # how many of the first: one request holds no more
INPUT_TOKENS_ESTIMATED = "salesboost.input_tokens.estimated"  # before it was sent; the vendor's count is beside it
RECOVERED = "salesboost.recovered"  # the code of a vendor's error whose body held the calls that it could not read
ROUTE = "salesboost.route"  # the name of the list of deployments that a model call went by
ROUTE_TRY = "salesboost.route.try"  # which deployment of it this call asked, from 1
ROUTE_REASON = "salesboost.route.reason"  # why the one before was not it: "name: rate_limit"; absent on the first
ROUTE_SIMPLER = "salesboost.route.simpler"  # true: asked once more, with a simpler prompt
ROUTE_RUNG = "salesboost.route.rung"  # how much of its prompt the model was told: "detailed", "simple", "minimal"
TURN_ROUNDS = "salesboost.turn.rounds"  # how often the model was asked between a user's words and its answer
# "answer", or the limit that was reached: "rounds", "tokens", "money", "time".
TURN_ENDED_BY = "salesboost.turn.ended_by"
SELECTION_GROUP = "salesboost.selection.group"  # of which its tool was chosen; absent where none was
SELECTION_POLICY = "salesboost.selection.policy"  # "epsilon_greedy", "ucb1", "thompson", "contextual"
SELECTION_REASON = "salesboost.selection.reason"  # why this one, in words
SELECTION_DECISION_ID = "salesboost.selection.decision_id"
SELECTION_PROPENSITY = "salesboost.selection.propensity"  # with which probability it was chosen, 0 to 1
STREAM_CHUNKS = "salesboost.stream.chunks"  # how many a streaming tool yielded

# Event on a call's span: one try inside it.
EVENT_ATTEMPT = "salesboost.attempt"
ATTEMPT_NUMBER = "salesboost.attempt.number"
ATTEMPT_DURATION_MS = "salesboost.attempt.duration_ms"
ATTEMPT_ERROR = "salesboost.attempt.error"
ATTEMPT_DELAY_MS = "salesboost.attempt.delay_ms"
ATTEMPT_HEDGE = "salesboost.attempt.hedge"  # "first" | "second": of two attempts beside each other

# `gen_ai.tool.name` of a call to a tool that does not exist, so that invented names cannot fill the rollups.
UNKNOWN_TOOL = "_unknown"
# The tool that SalesBoost calls itself by the minute, to notice silence: its spans are in no figure.
CANARY_TOOL = "salesboost_canary"


class Origin(StrEnum):
    """Who saw a span: this installation's own processes, or somebody who told of it over OTLP.

    Decided by the door through which the span came in; nothing that it says can change it.
    """

    OWN = "own"
    REPORTED = "reported"


class Outcome(StrEnum):
    """How a call ended: a rung of the success ladder, a refusal, or the layer that failed."""

    FIRST_TRY = "first_try"
    AFTER_RETRY = "after_retry"
    AFTER_FALLBACK = "after_fallback"
    FROM_CACHE = "from_cache"
    AUTHORIZATION = "authorization"
    RATE_LIMIT = "rate_limit"
    ARGUMENTS = "arguments"
    BREAKER = "breaker"
    TIMEOUT = "timeout"
    PROVIDER = "provider"
    RETURNED_FAILURE = "returned_failure"
    TOOL_BUG = "tool_bug"


SUCCEEDED = (Outcome.FIRST_TRY, Outcome.AFTER_RETRY, Outcome.AFTER_FALLBACK, Outcome.FROM_CACHE)
REFUSED = (Outcome.AUTHORIZATION, Outcome.RATE_LIMIT)
FAILED = (
    Outcome.ARGUMENTS,
    Outcome.BREAKER,
    Outcome.TIMEOUT,
    Outcome.PROVIDER,
    Outcome.RETURNED_FAILURE,
    Outcome.TOOL_BUG,
)


def span_name(operation: str, tool: str, model: str, agent: str) -> str:
    """The name that the GenAI conventions give a span of *operation*: `execute_tool crm`, `chat gpt-4o`."""
    target = tool if operation == OPERATION_EXECUTE_TOOL else agent if operation in AGENT_OPERATIONS else model
    return f"{operation} {target}" if target else operation
