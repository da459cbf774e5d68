"""What the REST addresses answer, as the OpenAPI document tells it."""

from typing import Any

from ninja import Schema
from pydantic import Field

ERRORS = frozenset({400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 502, 503, 504})


class Problem(Schema):
    """A problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str = Field(description="One sentence that says what to do.")
    code: str = Field(description="Stable, for programs.")
    layer: str = Field(
        description="Which stage ended the call: arguments, authorization, rate_limit, breaker, timeout, "
        "provider, returned_failure or tool_bug."
    )
    retryable: bool
    retry_after_s: float | None = None
    hint: str | None = None
    tool_call_id: str = Field(description="Finds the call's span; empty where no call was made.")


class Result(Schema):
    """A call that succeeded."""

    tool: str
    tool_call_id: str
    status: str
    result: Any
    latency_ms: float
    cached: bool
    retry_count: int


class Results(Schema):
    results: list[Result | Problem] = Field(description="In the order of the calls.")


class Policy(Schema):
    enabled: bool
    roles: list[str] = Field(description="Empty: every role may call it.")
    timeout_s: float
    deadline_s: float = Field(description="Of the whole call, retries and waiting included.")
    retries: int
    rate: str | None
    caller_rate: str | None
    quota_day: int | None = Field(description="Calls of each caller; null: as many as they like.")
    quota_month: int | None
    max_concurrent: int | None = Field(description="Calls at the same time; null: any number.")
    cache_ttl_s: float
    cache_stale_s: float


class Tool(Schema):
    name: str
    description: str
    parameters: dict[str, Any] = Field(description="JSON Schema of the arguments.")
    output: dict[str, Any] | None = Field(description="JSON Schema of the result, where the tool says it.")
    tags: list[str]
    version: str
    idempotent: bool
    streams: bool = Field(description="Whether POST /tools/stream gives its answer piece by piece.")
    calls: list[str] = Field(description="The tools that it is made of.")
    policy: Policy


class Tools(Schema):
    tools: list[Tool]


class Lost(Schema):
    tool: str
    path: str = Field(description="The place in the tool's own schema.")
    kind: str = Field(description="Stable, for programs.")
    message: str


class Exported(Schema):
    dialect: str
    tools: list[dict[str, Any]] = Field(description="As the provider takes them.")
    warnings: list[Lost] = Field(description="What the dialect cannot say; nothing else is lost.")
    names: dict[str, str] = Field(description="Our names by those of the dialect.")


class ToolCache(Schema):
    hits: int
    misses: int
    hit_rate: float
    evictions: int
    size: int


class CacheOfTool(ToolCache):
    process_hits: int = Field(description="Hits from the memory of a process.")
    stale_hits: int = Field(description="Hits whose time was over, while a new result was fetched.")
    joined_hits: int = Field(description="Answered by an equal call that was running already.")
    semantic_hits: int = Field(description="Answered by the result of a question that means the same.")
    refreshes: int = Field(description="Runs of the tool in the background for stale results; no look-ups.")


class CacheStatistics(ToolCache):
    by_tool: dict[str, CacheOfTool]


class CacheEntry(Schema):
    tool: str
    key: str
    asked: str | None = Field(description="The arguments as JSON, redacted; null without the scope payloads.")
    hits: int
    last_accessed: str | None = Field(description="When it was last read, ISO 8601; null if it was not yet.")
    expires_in_s: float


class CacheEntries(Schema):
    entries: list[CacheEntry]


class Cleared(Schema):
    cleared: int = Field(description="How many results were forgotten.")


class Breaker(Schema):
    tool: str
    state: str = Field(description="closed, open, half_open, held_open or held_closed (by an admin).")
    counted: str = Field(description="The state that would hold without an admin's hold.")
    rest_s: float = Field(description="Until a call may probe the tool.")


class Breakers(Schema):
    breakers: list[Breaker]


def _or_problem(schema: Any) -> dict[Any, Any]:
    return {200: schema, ERRORS: Problem}


EXECUTE = _or_problem(Result)
STREAM: dict[Any, type[Schema]] = {ERRORS: Problem}
# Beside it: what OpenAPI has no schema for.
EVENT_STREAM = {
    "responses": {
        "200": {
            "description": "Events `chunk`, then `result` or `error` (a problem document); heartbeat comments.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    }
}
EXECUTE_PARALLEL = _or_problem(Results)
TOOLS = _or_problem(Tools | Exported)
TOOL = _or_problem(Tool | Exported)
BREAKER = _or_problem(Breaker)
BREAKERS = _or_problem(Breakers)
CACHE_STATISTICS = _or_problem(CacheStatistics)
CACHE_TOP = _or_problem(CacheEntries)
CACHE_CLEARED = _or_problem(Cleared)
