"""One span as it is stored, and how a finished span becomes one. Pure."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from types import NoneType
from typing import Any, NamedTuple

from opentelemetry.sdk.trace import ReadableSpan

from telemetry import semconv as sc
from telemetry.errors import grouping
from telemetry.outcomes import classification, failures
from telemetry.outcomes.layers import failure_of, is_typed, layer_of
from telemetry.outcomes.reports import report_of
from telemetry.spans import dialects
from telemetry.spans.attribute_mapping import Reading, Said, plan_of
from telemetry.spans.beyond_attributes import heard
from telemetry.spans.finished import NO_SOURCE, SourceKey, SpanFacts, decode, encode, redacted
from telemetry.spans.tool_names import Named, server_in
from telemetry.values.texts import ATTRIBUTE_CHARS, MAX_ATTRIBUTES, TEXT_CHARS, as_text, both_ends, clean, storable
from telemetry.values.truncation import cut_messages, cut_payload

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST_NS = 4_102_444_800 * 10**9  # 2100-01-01
STATUS_ERROR = 2
INTEGER_MAX = (1 << 31) - 1
# More is nobody's number of tries: the sums of an hour have to hold whatever senders claim.
MAX_ATTEMPTS = 100
# The columns of a rollup's key share one index entry, which may have 2,704 bytes; a character takes up to 4.
KEY_CHARS = 96
MESSAGE_CHARS = 2_000
MAX_EVENTS = 128
# Sets of words remembered as they are stored, and the ids of traces, of which spans come together.
SERIES, TRACES = 4_096, 1_024
# What an MCP client of the Python SDK puts before the name that the conventions give its spans.
SENT = "MCP send "
# Of what type the words of a span should be.
_TEXTS = frozenset({str, NoneType})


class Unstorable(Exception):
    """A span that cannot be stored; the message says why."""


class SeriesKey(NamedTuple):
    """The words of a span: the columns of ``telemetry.models.Series``."""

    operation: str = ""
    kind: int = 1
    tool: str = ""
    provider: str = ""
    model: str = ""
    prompt_version: str = ""
    caller_role: str = ""
    agent: str = ""
    service: str = ""
    api_key: str = ""
    origin: str = sc.Origin.OWN


NO_WORDS = SeriesKey()


# Not frozen: that would cost more than all else of making one.
@dataclass(slots=True, kw_only=True)
class SpanRow:
    """One row to store: the columns of ``telemetry.models.Span`` and of its ``SpanPayload``.

    ``attribute_set`` is the JSON of the attributes that the span shares with others, keys in order; empty: none.
    ``mcp``, ``named`` and ``server`` are for ``telemetry.witnesses`` and have no column.
    """

    start_time: datetime
    trace_id: uuid.UUID
    span_id: int  # signed 64 bits
    duration_ms: float
    series: SeriesKey = NO_WORDS
    source: SourceKey = NO_SOURCE
    attribute_set: str = ""
    start_ns: int = 0
    parent_span_id: int | None = None
    status: int = 0
    attempts: int = 1
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: Decimal | None = None
    fingerprint: int | None = None
    outcome: str = ""
    own_name: str | None = None
    session_id: str = ""
    tool_call_id: str = ""
    error_type: str = ""
    error_message: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    events: Sequence[Mapping[str, Any]] = ()
    links: Sequence[Mapping[str, Any]] = ()
    arguments: str = ""
    result: str = ""
    messages: str = ""
    mcp: bool = False
    named: Named = Named.SAID
    server: str = ""

    @property
    def name(self) -> str:
        return name_of(self.series) if self.own_name is None else self.own_name


def name_of(series: SeriesKey) -> str:
    """The name that a span of *series* has by the conventions."""
    return sc.span_name(series.operation, series.tool, series.model, series.agent)


def row_from_readable_span(span: ReadableSpan, payload_max_chars: int) -> SpanRow:
    """The row of a *span* of our own SDK."""
    return row_from_facts(decode(encode(span)), payload_max_chars, origin=sc.Origin.OWN)


def row_from_facts(
    facts: SpanFacts, payload_max_chars: int, api_key: str = "", origin: sc.Origin = sc.Origin.REPORTED
) -> SpanRow:
    """The row of a finished span: names translated, outcome decided, secrets removed, text cut.

    *api_key* is the name of the key that sent it; *origin* is OWN only where this installation made the span.
    Raises Unstorable for a span without ids or with impossible times.
    """
    _check(facts)
    attributes = redacted(facts).attributes
    plan = plan_of(tuple(attributes))
    own = classification.stated(attributes.get(sc.OUTCOME))
    # What tells an outcome is a tool call.
    operation = plan.operation(attributes) if own is None else sc.OPERATION_EXECUTE_TOOL
    is_tool = operation == sc.OPERATION_EXECUTE_TOOL
    reading = plan.reading(operation)
    said, failure = reading.said(attributes), None
    if own is None:
        said, failure = heard(facts, reading, said, operation)
    facts.sent = None  # of which nothing more is read
    series = _series(facts, said, (operation, api_key, origin), is_own=own is not None)
    attempts = min(max(_integer(said.attempts) or 1, 1), MAX_ATTEMPTS)
    ending = _ending(facts, said, attempts, failure, is_tool=is_tool)
    name = clean(facts.name, TEXT_CHARS)
    kept = _kept(facts, reading, said, series)
    is_mcp = is_tool and attributes.get(sc.MCP_METHOD) == sc.MCP_TOOLS_CALL
    return SpanRow(
        start_time=EPOCH + timedelta(0, 0, facts.start_ns // 1000),
        start_ns=facts.start_ns % 1000,
        trace_id=_uuid(facts.trace_id),
        span_id=_signed(facts.span_id),
        parent_span_id=_signed(facts.parent_span_id) if facts.parent_span_id else None,
        duration_ms=max(0, facts.end_ns - facts.start_ns) / 1e6,
        series=series,
        source=facts.source,
        own_name=None if name == name_of(series) else name,
        fingerprint=grouping.group_of(series.tool, name, ending),
        attempts=attempts,
        input_tokens=_integer(said.input_tokens),
        output_tokens=_integer(said.output_tokens),
        session_id=clean(said.session_id, TEXT_CHARS),
        tool_call_id=clean(said.tool_call_id, TEXT_CHARS),
        attributes=grouping.with_violations(kept, ending),
        events=[_event(*event) for event in facts.events[:MAX_EVENTS]] if facts.events else (),
        links=[_link(*link) for link in facts.links[:MAX_EVENTS]] if facts.links else (),
        arguments=cut_payload(said.arguments, payload_max_chars),
        result=cut_payload(said.result, payload_max_chars),
        messages=_messages(said, payload_max_chars),
        mcp=is_mcp,
        named=_named(facts.name, said) if is_mcp else Named.SAID,
        server=server_in(attributes) if is_mcp else "",
        **ending,
    )


@lru_cache(TRACES)
def _uuid(trace_id: int) -> uuid.UUID:
    return uuid.UUID(int=trace_id)


def _check(facts: SpanFacts) -> None:
    if not facts.trace_id or not facts.span_id:
        raise Unstorable("the trace id or the span id is missing or all zeros")
    if not 0 < facts.start_ns < LATEST_NS:
        raise Unstorable("the start time is missing or impossible")


# --- Words -----------------------------------------------------------------------------------------------


def _series(facts: SpanFacts, said: Said, words: tuple[str, str, str], *, is_own: bool) -> SeriesKey:
    operation, api_key, origin = words
    tool, agent = said.tool, said.agent
    if operation == sc.OPERATION_EXECUTE_TOOL and not tool and not is_own:
        tool = said.entity or _named_by(facts.name, ("execute_tool", sc.MCP_TOOLS_CALL, "tool"))
    elif operation == dialects.INVOKE_AGENT and not agent:
        agent = said.entity
    words_said: tuple[Any, ...] = (
        *(tool, said.provider, said.model or said.response_model, said.prompt_version, said.caller_role),
        *(agent, facts.service, api_key or said.api_key),
    )
    if not _TEXTS.issuperset(map(type, words_said)):
        # A list cannot be remembered, and true would be found where 1 is.
        words_said = tuple(word if word is None else as_text(word) for word in words_said)
    return _cleaned(operation, facts.kind, words_said, origin, is_own)


@lru_cache(SERIES)
def _cleaned(
    operation: str, kind: int, words: tuple[str | None, ...], origin: sc.Origin, is_own: bool
) -> SeriesKey:
    """The *words* of a series as they are stored. Our own spans name providers as they are called here."""
    tool, provider, model, *others = words
    if provider and not is_own:
        provider = dialects.provider_name(provider)
    kind = kind if 0 <= kind <= 5 else 0
    words = (operation, tool, provider, dialects.model_word(model) if model else model, *others, origin)
    operation, *rest = (clean(word, KEY_CHARS) for word in words)
    return SeriesKey(operation, kind, *rest)


def _named_by(span_name: str, heads: tuple[str, ...]) -> str:
    """What a span's name such as ``execute_tool crm`` or ``tools/call crm`` names."""
    head, _, rest = span_name.removeprefix(SENT).partition(" ")
    return rest if rest and head in heads else span_name


def _named(span_name: str, said: Said) -> Named:
    if said.tool or said.entity:
        return Named.SAID
    return Named.BY_ITS_NAME if _named_by(span_name, (sc.MCP_TOOLS_CALL,)) != span_name else Named.NOT


# --- How it ended ----------------------------------------------------------------------------------------


def _ending(facts: SpanFacts, said: Said, attempts: int, failure: str | None, *, is_tool: bool) -> dict[str, Any]:
    """The columns that tell how it ended: ``status``, ``outcome``, ``error_type`` and ``error_message``.

    *failure* is what the result tells of one, which decides first.
    """
    error_type, message = _error(facts, said)
    status = facts.status if facts.status in (0, 1, STATUS_ERROR) else 0
    outcome: str = classification.stated(said.outcome) or ""
    if is_tool and not outcome:
        if failure is not None:
            error_type = error_type or classification.TOOL_ERROR
            message = message if failure == failures.UNSAID and message else failure_of("", failure).message
            status, outcome = STATUS_ERROR, sc.Outcome.RETURNED_FAILURE
        elif status == STATUS_ERROR or error_type:
            status, outcome = STATUS_ERROR, layer_of(error_type, message)
        else:
            outcome = classification.succeeded(said.cache, attempts)
        if outcome == sc.Outcome.RETURNED_FAILURE and failures.is_refusal(message):
            outcome = sc.Outcome.ARGUMENTS
    return {
        "status": status,
        "outcome": str(outcome),
        "error_type": clean(error_type, TEXT_CHARS),
        "error_message": clean(message, MESSAGE_CHARS),
    }


def _error(facts: SpanFacts, said: Said) -> tuple[str, str]:
    """The type and the message of the error, from attributes or else from the last recorded exception."""
    error_type = str(said.error_type or "")
    message = str(said.error_message or facts.status_message or "")
    if facts.status != STATUS_ERROR:
        return error_type, message
    worded, typed = bool(report_of(message).said), is_typed(error_type)
    if not (worded and typed):
        for name, _, recorded in reversed(facts.events):
            if name == "exception":
                error_type = error_type if typed else str(recorded.get("exception.type", "")) or error_type
                message = message if worded else str(recorded.get("exception.message", "")) or message
                break
    return failure_of(error_type, message)


# --- What is kept beside the columns ---------------------------------------------------------------------


def _kept(facts: SpanFacts, reading: Reading, said: Said, series: SeriesKey) -> dict[str, Any]:
    kept = {stored: storable(facts.attributes[name]) for name, stored in reading.kept}
    if facts.status_message:
        kept.update(_stack(facts))
    if said.model and said.model != series.model and (whole := clean(said.model, TEXT_CHARS)) != series.model:
        kept[sc.REQUEST_MODEL] = whole  # a price may be found by it
    if said.input_tokens is not None or said.output_tokens is not None:
        for name, value in (
            (sc.CACHE_READ_TOKENS, said.cache_read_tokens),
            (sc.CACHE_WRITE_TOKENS, said.cache_write_tokens),
            (sc.REASONING_TOKENS, said.reasoning_tokens),
        ):
            if value is not None and (count := _integer(value)) is not None:
                kept[name] = count
    return kept


def _stack(facts: SpanFacts) -> dict[str, str]:
    """The stack that was given with the message of the error, where no recorded exception has it."""
    stack = report_of(facts.status_message).stack
    if not stack or any(sc.STACKTRACE in said for _, _, said in facts.events):
        return {}
    return {sc.STACKTRACE: clean(both_ends(stack, ATTRIBUTE_CHARS), ATTRIBUTE_CHARS)}


def _event(name: str, time_ns: int, attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": clean(name, TEXT_CHARS),
        "time_ns": time_ns if 0 < time_ns < LATEST_NS else 0,
        "attributes": _all(attributes),
    }


def _link(trace_id: int, span_id: int, attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {"trace_id": f"{trace_id:032x}", "span_id": f"{span_id:016x}", "attributes": _all(attributes)}


def _all(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {clean(name, TEXT_CHARS): storable(attributes[name]) for name in [*attributes][:MAX_ATTRIBUTES]}


def _messages(said: Said, limit: int) -> str:
    if not said.input_messages and not said.output_messages:
        return ""
    return cut_messages({"input": said.input_messages, "output": said.output_messages}, limit)


def ends_after(row: SpanRow, moment: datetime) -> bool:
    """Whether *row* ends, and so perhaps begins, after *moment*: centuries of duration would overflow sums."""
    return row.duration_ms > (moment - row.start_time).total_seconds() * 1000


def _integer(value: Any) -> int | None:
    if value is None:
        return None
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number <= INTEGER_MAX else None


def _signed(span_id: int) -> int:
    """The 8 bytes of *span_id* as Postgres' bigint."""
    return span_id - (1 << 64) if span_id >= 1 << 63 else span_id
