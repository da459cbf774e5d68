"""Reading OTLP trace requests in JSON. No I/O.

It is not protobuf's own JSON: ids are hexadecimal. Numbers of 64 bits may be text, enumerations numbers or
names; what is not known is ignored.

A body becomes objects part by part, a span at a time: made at once, 20 MB of it would stop all other threads for
seconds.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from telemetry.ingest import extras
from telemetry.ingest.mending import mended
from telemetry.ingest.received import (
    MAX_DEPTH,
    MAX_PART_VALUES,
    MAX_VALUES,
    TOO_DEEP,
    TOO_MANY,
    Malformed,
    Received,
    TooMuch,
    check_length,
    too_many,
)
from telemetry.spans.finished import SERVICE_NAME, SourceKey, SpanFacts, canonical
from telemetry.spans.rows import Unstorable
from telemetry.values import json_size
from telemetry.values.texts import TEXT_CHARS, clean

STATUS_CODES = {"STATUS_CODE_UNSET": 0, "STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}
KINDS = {
    f"SPAN_KIND_{name}": number
    for number, name in enumerate(("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"))
}
UINT64 = 1 << 64

Json = Mapping[str, Any]


# An attribute has so many: {"key": …, "value": {…}}, and what parts it from the next.
MARKS_OF_A_VALUE = 4
NOTHING = msgspec.Raw(b"null")


class _ScopeSpans(msgspec.Struct, rename="camel"):
    scope: msgspec.Raw = NOTHING
    spans: list[msgspec.Raw] | None = None
    schema_url: msgspec.Raw = NOTHING


class _ResourceSpans(msgspec.Struct, rename="camel"):
    resource: msgspec.Raw = NOTHING
    scope_spans: list[_ScopeSpans] | None = None
    schema_url: msgspec.Raw = NOTHING


class _Request(msgspec.Struct, rename="camel"):
    resource_spans: list[_ResourceSpans] | None = None


_skeleton = msgspec.json.Decoder(_Request)
_part = msgspec.json.Decoder()


def read(body: bytes) -> Received:
    """The spans of *body*. Raises Malformed when it is not a trace request at all, TooMuch for too large a one."""
    if json_size.holds_more(body, MARKS_OF_A_VALUE * MAX_VALUES):
        raise TooMuch(TOO_MANY)
    received = Received()
    try:
        for resource_spans in _request(body).resource_spans or ():
            _read_resource(received, resource_spans)
    except (msgspec.MsgspecError, ValueError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise Malformed(f"The body is no OTLP trace request in JSON: {error}") from None
    return received


def _request(body: bytes) -> _Request:
    try:
        return _skeleton.decode(body)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return _skeleton.decode(mended(body))


def _read_resource(received: Received, resource_spans: _ResourceSpans) -> None:
    holder = _load(resource_spans.resource, "a resource") or {}
    resource = _attributes(holder, received.left_out)
    service = str(resource.get(SERVICE_NAME, ""))
    schema_url = {"schemaUrl": _load(resource_spans.schema_url, "a schema URL")}
    extras.add(resource, schema_url=_text(schema_url, "schemaUrl"), **_dropped(holder, "attributes"))
    for scope_spans in resource_spans.scope_spans or ():
        source = _source(resource, scope_spans, received.left_out)
        for span in scope_spans.spans or ():
            received.take(_span, span, service, source, received.left_out)


def _load(part: msgspec.Raw, name: str) -> Any:
    """The *part* as objects. Raises PartTooLarge."""
    text = bytes(part)
    check_length(text, name)
    if json_size.holds_more(text, MARKS_OF_A_VALUE * MAX_PART_VALUES):
        raise too_many(name)
    try:
        return _part.decode(text)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from None


def _source(resource: dict[str, Any], scope_spans: _ScopeSpans, left_out: Counter[str]) -> SourceKey:
    scope = _load(scope_spans.scope, "a scope") or {}
    attributes = _attributes(scope, left_out)
    schema_url = {"schemaUrl": _load(scope_spans.schema_url, "a schema URL")}
    extras.add(attributes, schema_url=_text(schema_url, "schemaUrl"), **_dropped(scope, "attributes"))
    name, version = scope.get("name"), scope.get("version")
    return SourceKey(
        canonical(resource), clean(name, TEXT_CHARS), clean(version, TEXT_CHARS), canonical(attributes)
    )


def _span(said: msgspec.Raw, service: str, source: SourceKey, left_out: Counter[str]) -> SpanFacts:
    span: Json = _load(said, "a span")
    attributes = _attributes(span, left_out)
    dropped = _dropped(span, "attributes", "events", "links")
    extras.add(attributes, trace_state=_text(span, "traceState"), flags=_number(span, "flags"), **dropped)
    status, parent = span.get("status") or {}, span.get("parentSpanId")
    return SpanFacts(
        trace_id=_id(span.get("traceId"), 16),
        span_id=_id(span.get("spanId"), 8),
        parent_span_id=_id(parent, 8) if parent else 0,
        name=_text(span, "name"),
        kind=_enumerated(span.get("kind"), KINDS),
        status=_enumerated(status.get("code"), STATUS_CODES),
        status_message=_text(status, "message"),
        start_ns=_number(span, "startTimeUnixNano"),
        end_ns=_number(span, "endTimeUnixNano"),
        attributes=attributes,
        events=[_event(event, left_out) for event in _list(span, "events")],
        links=[_link(link, left_out) for link in _list(span, "links")],
        service=service,
        source=source,
    )


def _event(event: Json, left_out: Counter[str]) -> tuple[str, int, dict[str, Any]]:
    attributes = _attributes(event, left_out)
    extras.add(attributes, **_dropped(event, "attributes"))
    return _text(event, "name"), _number(event, "timeUnixNano"), attributes


def _link(link: Json, left_out: Counter[str]) -> tuple[int, int, dict[str, Any]]:
    attributes = _attributes(link, left_out)
    dropped = _dropped(link, "attributes")
    extras.add(attributes, trace_state=_text(link, "traceState"), flags=_number(link, "flags"), **dropped)
    return _id(link.get("traceId"), 16), _id(link.get("spanId"), 8), attributes


def _dropped(holder: Json, *what: str) -> dict[str, int]:
    return {f"dropped_{each}_count": _number(holder, f"dropped{each.capitalize()}Count") for each in what}


def _id(value: Any, length: int) -> int:
    text = str(value or "")
    if len(text) != 2 * length:
        raise Unstorable(f"an id has {len(text)} hexadecimal digits instead of {2 * length}")
    return int.from_bytes(bytes.fromhex(text), "big")


def _list(holder: Json, name: str) -> list[Any]:
    found = holder.get(name)
    if found is not None and not isinstance(found, list):
        raise TypeError(f"{name} is not a list")
    return found or []


def _text(holder: Json, name: str) -> str:
    found = holder.get(name)
    return found if isinstance(found, str) else str(found or "")


def _number(holder: Json, name: str) -> int:
    """The unsigned number *name*, which may be written as text."""
    number = int(holder.get(name) or 0)
    if not 0 <= number < UINT64:
        raise ValueError(f"{name} is no unsigned number of 64 bits")
    return number


def _enumerated(value: Any, names: Mapping[str, int]) -> int:
    if isinstance(value, str) and not value.isdecimal():
        return names.get(value, 0)
    return int(value or 0)


def _attributes(holder: Json, left_out: Counter[str]) -> dict[str, Any]:
    pairs = _list(holder, "attributes")
    return {_text(pair, "key"): _value(pair.get("value") or {}, left_out) for pair in pairs}


def _value(value: Json, left_out: Counter[str], depth: int = 0) -> Any:
    which = next((name for name in value if name in VALUES), None)
    found = value.get(which) if which else None
    match which:
        case "arrayValue" | "kvlistValue" if depth >= MAX_DEPTH:
            left_out[TOO_DEEP] += 1
            return None
        case "arrayValue":
            return [_value(item or {}, left_out, depth + 1) for item in _list(found or {}, "values")]
        case "kvlistValue":
            pairs = _list(found or {}, "values")
            return {_text(pair, "key"): _value(pair.get("value") or {}, left_out, depth + 1) for pair in pairs}
    return None if found is None else VALUES[str(which)](found)


def _bool(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("boolValue is neither true nor false")
    return value


# What a value may be, and how each is read.
VALUES: dict[str, Callable[[Any], Any]] = {
    "stringValue": str,
    "boolValue": _bool,
    "intValue": int,
    "doubleValue": float,
    "bytesValue": str,
    "arrayValue": list,
    "kvlistValue": list,
}
