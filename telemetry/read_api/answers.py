"""What the read API answers, as the OpenAPI document tells it."""

from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import ConfigDict, Field

NEXT = Field(description="Give it as `cursor` to read on; null at the end.")
COST = Field(description="US dollars of what has a price; null: nothing has.")
BRIEF: dict[str, Any] = {
    "trace_id": "0af7651916cd43dd8448eb211c80319c",
    "span_id": "b7ad6b7169203331",
    "parent_span_id": None,
    "name": "execute_tool crm_integration",
    "operation": "execute_tool",
    "kind": "internal",
    "status": "error",
    "start_time": "2026-05-01T14:30:00.123456+00:00",
    "start_unix_ns": 1777645800123456789,
    "duration_ms": 5012.4,
    "tool": "crm_integration",
    "provider": "groq",
    "model": "llama-3.3-70b",
    "prompt_version": "v7",
    "caller_role": "coach",
    "agent": "",
    "service": "shop",
    "api_key": "first key",
    "origin": "own",
    "outcome": "timeout",
    "attempts": 3,
    "weight": 1,
    "input_tokens": None,
    "output_tokens": None,
    "cost_usd": None,
    "session_id": "s42",
    "tool_call_id": "call_1",
    "error_type": "timeout",
    "error_message": "crm_integration took longer than 5 s",
    "fingerprint": "00c0ffee00c0ffee",
}


class Span(Schema):
    model_config = ConfigDict(json_schema_extra={"example": BRIEF})

    trace_id: str = Field(description="32 hexadecimal digits.")
    span_id: str = Field(description="16 hexadecimal digits.")
    parent_span_id: str | None
    name: str
    operation: str = Field(description="execute_tool, chat, invoke_agent, …; empty where it is not known.")
    kind: str
    status: str = Field(description="unset, ok or error.")
    start_time: datetime = Field(description="To the microsecond.")
    start_unix_ns: int = Field(description="The same, exactly.")
    duration_ms: float
    tool: str
    provider: str
    model: str
    prompt_version: str
    caller_role: str
    agent: str
    service: str
    api_key: str = Field(description="The name of the key, never the key.")
    origin: str = Field(description="own: this installation made it; reported: it was told of over OTLP.")
    outcome: str = Field(description="How a tool call ended; empty for other spans.")
    attempts: int
    weight: int = Field(description="For how many alike it stands, where others were not kept.")
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None = Field(description="Null: it has no price.")
    session_id: str
    tool_call_id: str
    error_type: str
    error_message: str
    fingerprint: str | None = Field(description="The group of errors it belongs to.")


class Payload(Schema):
    arguments: str
    result: str
    messages: str


class Scope(Schema):
    name: str
    version: str
    attributes: dict[str, Any]


class WholeSpan(Span):
    model_config = ConfigDict(json_schema_extra={"example": {**BRIEF, "attributes": {"customer_id": "CUST001"}}})

    attributes: dict[str, Any]
    events: list[dict[str, Any]]
    links: list[dict[str, Any]]
    resource: dict[str, Any]
    scope: Scope


class SpanWithPayload(WholeSpan):
    payload: Payload | None = Field(
        description="Redacted and cut as it is stored; null without the scope `payloads`."
    )


class Spans(Schema):
    spans: list[Span] = Field(description="The newest first.")
    next_cursor: str | None = NEXT
    truncated: bool = Field(description="The time was up before the page was full; next_cursor goes on.")
    since: datetime
    until: datetime
    took_ms: float


class Root(Schema):
    span_id: str
    name: str
    service: str


class TraceFigures(Schema):
    spans: int
    errors: int = Field(description="Spans with the status error.")
    calls: int = Field(description="Tool calls.")
    failed_calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None = COST
    unpriced_spans: int = Field(description="With tokens and without a price.")


class TraceRow(TraceFigures):
    trace_id: str
    start_time: datetime
    duration_ms: float = Field(description="From the first beginning to the last end.")
    weight: int = Field(description="For how many alike it stands, where others were not kept.")
    weighted: TraceFigures = Field(
        description="What it stands for: add these up over traces, not the trace's own."
    )
    session_id: str
    root: Root | None = Field(description="The span without a parent; null where it has not come.")


class Traces(Schema):
    traces: list[TraceRow] = Field(description="At most `limit`; the newest match first.")
    next_cursor: str | None = NEXT
    since: datetime
    until: datetime


class Trace(Schema):
    trace_id: str
    spans: list[WholeSpan] = Field(description="As they began; at most `limit`.")
    truncated: bool = Field(description="There are more; next_cursor goes on.")
    next_cursor: str | None = NEXT


class Group(Schema):
    """The keys of ``by``, and these."""

    model_config = ConfigDict(extra="allow")

    spans: int
    errors: int
    calls: int = Field(description="Tool calls: succeeded, failed and refused.")
    succeeded: int
    failed: int
    refused: int
    outcomes: dict[str, int]
    attempts: int
    success_rate: float | None = Field(description="succeeded / (succeeded + failed); null without such calls.")
    n: int = Field(description="succeeded + failed: what the rate is of.")
    interval: list[float] = Field(description="The rate's 95 % Wilson interval.")
    mean_ms: float
    p50_ms: float | None = Field(description="Read from a histogram: within percentile_error.")
    p95_ms: float | None
    p99_ms: float | None
    min_ms: float = Field(description="The shortest; 0 where that is not known any more.")
    max_ms: float | None = Field(description="The longest; null where that is not known any more.")
    percentile_error: float = Field(
        description="How far a percentile may be from the exact one: 0.05, or 0.19 where spans are among them "
        "that were counted before the buckets became narrow."
    )
    input_tokens: int
    output_tokens: int
    cost_usd: float
    unpriced_spans: int


class Rollups(Schema):
    resolution_s: int = Field(description="The length of a bucket: of what was asked, or chosen for the period.")
    since: datetime = Field(description="Of the first bucket.")
    until: datetime
    kept_since: datetime = Field(
        description="Older buckets of this resolution are deleted; ask for a coarser one."
    )
    truncated: bool = Field(description="The period begins before kept_since: what is older is not counted.")
    groups: list[Group]


class ReadProblem(Schema):
    """A problem document (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:salesboost:problem:bad_query",
                "title": "The question cannot be answered",
                "status": 400,
                "detail": "There is no key 'tol': did you mean tool?",
                "code": "bad_query",
                "parameter": "q",
                "position": 0,
                "length": 3,
                "suggestion": "tool",
                "hint": "write tool",
            }
        }
    )

    type: str
    title: str
    status: int
    detail: str
    code: str
    hint: str | None = None
    parameter: str | None = Field(None, description="Which parameter is wrong.")
    position: int | None = Field(None, description="Of the mistake in `q`, in characters from 0.")
    length: int | None = None
    suggestion: str | None = None


def or_problem(schema: type[Schema]) -> dict[Any, type[Schema]]:
    return {200: schema, frozenset({400, 401, 403, 404, 422}): ReadProblem}


SPANS, SPAN = or_problem(Spans), or_problem(SpanWithPayload)
TRACES, TRACE = or_problem(Traces), or_problem(Trace)
ROLLUPS = or_problem(Rollups)
