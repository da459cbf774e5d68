"""Stored spans as OTLP JSON, the form that any OpenTelemetry back end takes. Pure.

What has a column goes back under its name of the GenAI conventions; so the spans, sent to an empty store, make the
same rows. Ids are hexadecimal, times are nanoseconds in text, as OTLP's JSON wants it.
"""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from telemetry import semconv as sc
from telemetry.models import Span, SpanPayload
from telemetry.spans.dialects import ALIASES, ONLY_OF_TOOLS, OTHER_VALUES, TOOL_VALUES, is_of_tool

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STATUS_ERROR = 2
INT64, DOUBLE_MAX = 1 << 63, 10**308
# The name of the attribute that each column came from.
COLUMNS: tuple[tuple[str, str], ...] = (
    ("operation", sc.OPERATION_NAME),
    ("tool", sc.TOOL_NAME),
    ("provider", sc.PROVIDER_NAME),
    ("model", sc.REQUEST_MODEL),
    ("prompt_version", sc.PROMPT_VERSION),
    ("caller_role", sc.CALLER_ROLE),
    ("agent", sc.AGENT_NAME),
    ("api_key", sc.API_KEY_NAME),
    ("session_id", sc.CONVERSATION_ID),
    ("tool_call_id", sc.TOOL_CALL_ID),
    ("outcome", sc.OUTCOME),
    ("error_type", sc.ERROR_TYPE),
    ("error_message", sc.ERROR_MESSAGE),
    ("input_tokens", sc.INPUT_TOKENS),
    ("output_tokens", sc.OUTPUT_TOKENS),
)
PAYLOADS = (("arguments", sc.TOOL_CALL_ARGUMENTS), ("result", sc.TOOL_CALL_RESULT))
SIDES = (("input", sc.INPUT_MESSAGES), ("output", sc.OUTPUT_MESSAGES))
OURS = frozenset(name for _, name in (*COLUMNS, *PAYLOADS, *SIDES))
# What OTLP says beside attributes, is stored as an attribute and goes back to its field.
EXTRAS: dict[str, tuple[str, type]] = {
    "otel.trace_state": ("traceState", str),
    "otel.schema_url": ("schemaUrl", str),
    "otel.flags": ("flags", int),
    "otel.dropped_attributes_count": ("droppedAttributesCount", int),
    "otel.dropped_events_count": ("droppedEventsCount", int),
    "otel.dropped_links_count": ("droppedLinksCount", int),
}
Key = tuple[datetime, uuid.UUID, int]


def key_of(span: Span | SpanPayload) -> Key:
    """What a span and its payload have in common."""
    return span.start_time, span.trace_id, span.span_id


def start_ns(start_time: datetime, rest_ns: int) -> int:
    """A stored start in nanoseconds since 1970."""
    return (start_time - EPOCH) // timedelta(microseconds=1) * 1000 + rest_ns


def duration_ns(duration_ms: float) -> int:
    """A stored duration in nanoseconds."""
    return round(duration_ms * 1e6)


def trace_as_otlp_json(spans: Iterable[Span], payloads: Mapping[Key, SpanPayload] | None = None) -> dict[str, Any]:
    """*spans* (of ``Span.objects.whole()``) with their *payloads* (by ``key_of``) as an OTLP trace request."""
    found = payloads or {}
    sources: dict[int, list[Span]] = {}
    for span in spans:
        sources.setdefault(span.source_id, []).append(span)
    return {"resourceSpans": [_resource_spans(group, found) for group in sources.values()]}


def _resource_spans(spans: list[Span], payloads: Mapping[Key, SpanPayload]) -> dict[str, Any]:
    source = spans[0].source
    resource, scope = with_fields(source.resource), with_fields(source.scope_attributes)
    scope |= {"name": source.scope_name, "version": source.scope_version}
    scope_spans = {**_schema(scope), "scope": scope}
    scope_spans["spans"] = [_span(span, payloads.get(key_of(span))) for span in spans]
    return {**_schema(resource), "resource": resource, "scopeSpans": [scope_spans]}


def _schema(holder: dict[str, Any]) -> dict[str, Any]:
    """The schema's address, taken out of *holder*: it stands one level above the attributes."""
    url = holder.pop("schemaUrl", None)
    return {"schemaUrl": url} if url else {}


def _span(span: Span, payload: SpanPayload | None) -> dict[str, Any]:
    began_ns = start_ns(span.start_time, span.start_ns)
    made: dict[str, Any] = {
        "traceId": span.trace_id.hex,
        "spanId": _hex(span.span_id),
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": str(began_ns),
        "endTimeUnixNano": str(began_ns + duration_ns(span.duration_ms)),
        **with_fields(_said(dict(_attributes(span, payload)), is_tool=is_of_tool(span.operation))),
        "status": _status(span),
    }
    if span.parent_span_id is not None:
        made["parentSpanId"] = _hex(span.parent_span_id)
    if span.events:
        made["events"] = [_event(event) for event in span.events]
    if span.links:
        made["links"] = [_link(link) for link in span.links]
    return made


def _said(attributes: dict[str, Any], *, is_tool: bool) -> dict[str, Any]:
    """*attributes*, and each of our names that was empty beside the same thing in another vocabulary.

    Left out, it would be read from the other name. What has no column is read from there as it was before.
    """
    values = TOOL_VALUES if is_tool else OTHER_VALUES
    for name, aliases in (*ALIASES.items(), *values.items()):
        if name not in OURS or (not is_tool and name in ONLY_OF_TOOLS):
            continue
        if name not in attributes and any(alias in attributes for alias in aliases):
            attributes[name] = ""
    return attributes


def _attributes(span: Span, payload: SpanPayload | None) -> Iterator[tuple[str, Any]]:
    yield from span.attributes.items()
    for column, name in COLUMNS:
        # What is longer than its word is among the attributes as it was said.
        if name not in span.attributes and (value := getattr(span, column)) not in ("", None):
            yield name, value
    if span.outcome or span.attempts != 1:
        yield sc.ATTEMPTS, span.attempts
    if payload:
        for column, name in PAYLOADS:
            if text := getattr(payload, column):
                yield name, text
        yield from _messages(payload.messages)


def _messages(stored: str) -> Iterator[tuple[str, Any]]:
    """What a model was given and gave; a text that was cut when it was stored goes out as what was given."""
    if not stored:
        return
    try:
        sides = json.loads(stored)
    except ValueError:
        sides = {"input": stored}
    for side, name in SIDES:
        if (said := sides.get(side)) is not None:
            # A number in text would come back as a text.
            yield name, json.dumps(said, ensure_ascii=False) if isinstance(said, list | dict) else said


def _status(span: Span) -> dict[str, Any]:
    if span.status == STATUS_ERROR and span.error_message:
        return {"code": span.status, "message": span.error_message}
    return {"code": span.status} if span.status else {}


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": event.get("name", ""),
        "timeUnixNano": str(event.get("time_ns") or 0),
        **with_fields(event.get("attributes") or {}),
    }


def _link(link: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "traceId": link.get("trace_id", ""),
        "spanId": link.get("span_id", ""),
        **with_fields(link.get("attributes") or {}),
    }


def with_fields(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """*attributes* as OTLP has them: a list under ``attributes``, and beside it the fields of their own."""
    fields = {
        field: attributes[name]
        for name, (field, kind) in EXTRAS.items()
        if type(attributes.get(name)) is kind and attributes[name]
    }
    own = {name: value for name, value in attributes.items() if EXTRAS.get(name, ("",))[0] not in fields}
    return {"attributes": attributes_as_json(own), **fields}


def attributes_as_json(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """*attributes* as OTLP's list of keys and typed values."""
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value: Any) -> dict[str, Any]:
    match value:
        case None:
            return {}
        case Mapping():
            return {"kvlistValue": {"values": attributes_as_json(value)}}
        case list() | tuple():
            return {"arrayValue": {"values": [_value(item) for item in value]}}
    return _scalar(value)


def _scalar(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"boolValue": value}
        case int() if -INT64 <= value < INT64:
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case int() if abs(value) < DOUBLE_MAX:  # a whole number that was sent as a double
            return {"doubleValue": float(value)}
    return {"stringValue": str(value)}


def _hex(span_id: int) -> str:
    return f"{span_id & 0xFFFFFFFFFFFFFFFF:016x}"
