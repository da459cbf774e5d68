"""One span as it is stored, and how a finished span becomes one. Pure."""

import json
import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from opentelemetry.sdk.trace import ReadableSpan

from telemetry import dialects, outcomes
from telemetry import semconv as sc
from telemetry.errors import marks
from telemetry.facts import NO_SOURCE, SourceKey, SpanFacts, decode, encode, redacted

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST_NS = 4_102_444_800 * 10**9  # 2100-01-01
STATUS_ERROR = 2
SMALLINT_MAX, INTEGER_MAX = (1 << 15) - 1, (1 << 31) - 1
# The columns of a rollup's key share one index entry, which may have 2,704 bytes; a character takes up to 4.
KEY_CHARS = 96
TEXT_CHARS = 256
MESSAGE_CHARS = 2_000
ATTRIBUTE_CHARS = 4_000
MAX_ATTRIBUTES = 128
MAX_EVENTS = 64

# Words of the series and texts of the row: their attribute, and the most characters they may have.
WORDS = (
    ("operation", sc.OPERATION_NAME, KEY_CHARS),
    ("tool", sc.TOOL_NAME, KEY_CHARS),
    ("provider", sc.PROVIDER_NAME, KEY_CHARS),
    ("prompt_version", sc.PROMPT_VERSION, KEY_CHARS),
    ("caller_role", sc.CALLER_ROLE, KEY_CHARS),
    ("agent", sc.AGENT_NAME, KEY_CHARS),
)
TEXTS = (
    ("session_id", sc.CONVERSATION_ID, TEXT_CHARS),
    ("tool_call_id", sc.TOOL_CALL_ID, TEXT_CHARS),
)
# Attributes that have a column or a payload of their own and are not kept a second time.
KEPT_ELSEWHERE = {attribute for _, attribute, _ in (*WORDS, *TEXTS)} | {
    sc.API_KEY_NAME,
    *(sc.OUTCOME, sc.ATTEMPTS, sc.ERROR_TYPE, sc.ERROR_MESSAGE, sc.INPUT_TOKENS, sc.OUTPUT_TOKENS),
    *(sc.TOOL_CALL_ARGUMENTS, sc.TOOL_CALL_RESULT, sc.INPUT_MESSAGES, sc.OUTPUT_MESSAGES, sc.REQUEST_MODEL),
    *("input.value", "output.value", "gen_ai.prompt", "gen_ai.completion"),
    *(name for payload in (sc.TOOL_CALL_ARGUMENTS, sc.TOOL_CALL_RESULT) for name in dialects.ALIASES[payload]),
}


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


NO_WORDS = SeriesKey()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanRow:
    """One row to store: the columns of ``telemetry.models.Span`` and of its ``SpanPayload``.

    ``attribute_set`` is the JSON of the attributes that the span shares with others, keys in order; empty: none.
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

    @property
    def name(self) -> str:
        return name_of(self.series) if self.own_name is None else self.own_name


def name_of(series: SeriesKey) -> str:
    """The name that a span of *series* has by the conventions."""
    return sc.span_name(series.operation, series.tool, series.model, series.agent)


def row_from_readable_span(span: ReadableSpan, payload_max_chars: int) -> SpanRow:
    """The row of a *span* of our own SDK."""
    return row_from_facts(decode(encode(span)), payload_max_chars)


def row_from_facts(facts: SpanFacts, payload_max_chars: int, api_key: str = "") -> SpanRow:
    """The row of a finished span: names translated, outcome decided, secrets removed, text cut.

    *api_key* is the name of the key that sent it. Raises Unstorable for a span without ids or with impossible
    times.
    """
    _check(facts)
    facts = redacted(facts)
    said = outcomes.stated(facts.attributes)
    # Our own spans speak our language; the rest is translated.
    attributes = facts.attributes if said else dialects.translate(facts.attributes, facts.name)
    series = _series(facts, attributes, api_key, is_tool=said is not None)
    texts: dict[str, Any] = {column: clean(attributes.get(name), most) for column, name, most in TEXTS}
    attempts = min(max(_integer(attributes.get(sc.ATTEMPTS)) or 1, 1), SMALLINT_MAX)
    ending = _ending(facts, attributes, attempts, is_tool=series.operation == sc.OPERATION_EXECUTE_TOOL)
    name = clean(facts.name, TEXT_CHARS)
    attributes = marks.with_violations(attributes, ending)
    return SpanRow(
        start_time=_moment(facts.start_ns),
        start_ns=facts.start_ns % 1000,
        trace_id=uuid.UUID(int=facts.trace_id),
        span_id=_signed(facts.span_id),
        parent_span_id=_signed(facts.parent_span_id) if facts.parent_span_id else None,
        duration_ms=max(0, facts.end_ns - facts.start_ns) / 1e6,
        series=series,
        source=facts.source,
        own_name=None if name == name_of(series) else name,
        fingerprint=marks.group_of(series.tool, name, ending),
        attempts=attempts,
        input_tokens=_integer(attributes.get(sc.INPUT_TOKENS)),
        output_tokens=_integer(attributes.get(sc.OUTPUT_TOKENS)),
        attributes=_kept(attributes),
        events=[_event(*event) for event in facts.events[:MAX_EVENTS]],
        links=[_link(*link) for link in facts.links[:MAX_EVENTS]],
        arguments=_payload(attributes.get(sc.TOOL_CALL_ARGUMENTS), payload_max_chars),
        result=_payload(attributes.get(sc.TOOL_CALL_RESULT), payload_max_chars),
        messages=_messages(attributes, payload_max_chars),
        **texts,
        **ending,
    )


def _series(facts: SpanFacts, attributes: Mapping[str, Any], api_key: str, *, is_tool: bool) -> SeriesKey:
    words: dict[str, Any] = {word: clean(attributes.get(name), most) for word, name, most in WORDS}
    if is_tool:
        words["operation"] = sc.OPERATION_EXECUTE_TOOL  # what tells an outcome is a tool call
    return SeriesKey(
        kind=facts.kind,
        model=clean(attributes.get(sc.REQUEST_MODEL) or attributes.get(sc.RESPONSE_MODEL), KEY_CHARS),
        service=clean(facts.service, KEY_CHARS),
        api_key=clean(attributes.get(sc.API_KEY_NAME) or api_key, KEY_CHARS),
        **words,
    )


def clean(value: Any, limit: int) -> str:
    """*value* as text that Postgres can hold, at most *limit* characters; ``""`` for None."""
    if value is None:
        return ""
    text = (value if isinstance(value, str) else _json(value))[:limit]
    if "\x00" in text:
        text = text.replace("\x00", "")
    # Halves of surrogate pairs are no text.
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _check(facts: SpanFacts) -> None:
    if not facts.trace_id or not facts.span_id:
        raise Unstorable("the trace id or the span id is missing or all zeros")
    if not 0 < facts.start_ns < LATEST_NS:
        raise Unstorable("the start time is missing or impossible")


def _ending(facts: SpanFacts, attributes: Mapping[str, Any], attempts: int, *, is_tool: bool) -> dict[str, Any]:
    """The columns that tell how it ended: ``status``, ``outcome``, ``error_type`` and ``error_message``."""
    error_type, message = _error(facts, attributes)
    status = facts.status if facts.status in (0, 1, STATUS_ERROR) else 0
    outcome: str = outcomes.stated(attributes) or ""
    if is_tool and not outcome:
        told = outcomes.returned_failure(attributes.get(sc.TOOL_CALL_RESULT))
        if status != STATUS_ERROR and told is not None and not error_type:
            error_type, message = outcomes.TOOL_ERROR, message or told
        if status == STATUS_ERROR or error_type:
            status, outcome = STATUS_ERROR, outcomes.layer_of(error_type, message)
        else:
            outcome = outcomes.succeeded(attributes, attempts)
    return {
        "status": status,
        "outcome": str(outcome),
        "error_type": clean(error_type, TEXT_CHARS),
        "error_message": clean(message, MESSAGE_CHARS),
    }


def _error(facts: SpanFacts, attributes: Mapping[str, Any]) -> tuple[str, str]:
    """The type and the message of the error, from attributes or else from the last recorded exception."""
    error_type = str(attributes.get(sc.ERROR_TYPE) or "")
    message = str(attributes.get(sc.ERROR_MESSAGE) or facts.status_message or "")
    if facts.status == STATUS_ERROR and not (error_type and message):
        for name, _, recorded in reversed(facts.events):
            if name == "exception":
                error_type = error_type or str(recorded.get("exception.type", ""))
                message = message or str(recorded.get("exception.message", ""))
                break
    return error_type, message


def _kept(attributes: Mapping[str, Any]) -> dict[str, Any]:
    names = [name for name in attributes if name not in KEPT_ELSEWHERE][:MAX_ATTRIBUTES]
    return {clean(name, TEXT_CHARS): _storable(attributes[name]) for name in names}


def _event(name: str, time_ns: int, attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": clean(name, TEXT_CHARS),
        "time_ns": time_ns if 0 < time_ns < LATEST_NS else 0,
        "attributes": _kept(attributes),
    }


def _link(trace_id: int, span_id: int, attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {"trace_id": f"{trace_id:032x}", "span_id": f"{span_id:016x}", "attributes": _kept(attributes)}


def _storable(value: Any, depth: int = 0) -> Any:
    """*value* as JSON that Postgres takes: text cut, no NUL, no NaN, not endlessly deep."""
    match value:
        case str():
            return clean(value, ATTRIBUTE_CHARS)
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case Mapping() if depth < 8:
            return {clean(str(key), TEXT_CHARS): _storable(item, depth + 1) for key, item in value.items()}
        case list() | tuple() if depth < 8:
            return [_storable(item, depth + 1) for item in value[:MAX_ATTRIBUTES]]
        case _:
            return clean(str(value), ATTRIBUTE_CHARS)


def _payload(value: Any, limit: int) -> str:
    return clean(value, limit)


def _messages(attributes: Mapping[str, Any], limit: int) -> str:
    parts = {
        side: _parsed(attributes[name])
        for side, name in (("input", sc.INPUT_MESSAGES), ("output", sc.OUTPUT_MESSAGES))
        if attributes.get(name)
    }
    return _payload(parts, limit) if parts else ""


def _parsed(value: Any) -> Any:
    """*value*, out of its JSON if that is what it is, so that it is not written as JSON in JSON."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _json(value: Any) -> str:
    return (
        json.dumps(value, ensure_ascii=False, default=str)
        if isinstance(value, Mapping | list | tuple)
        else str(value)
    )


def _integer(value: Any) -> int | None:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number <= INTEGER_MAX else None


def _moment(time_ns: int) -> datetime:
    return EPOCH + timedelta(microseconds=time_ns // 1000)


def _signed(span_id: int) -> int:
    """The 8 bytes of *span_id* as Postgres' bigint."""
    return span_id - (1 << 64) if span_id >= 1 << 63 else span_id
