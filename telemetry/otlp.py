"""Reading OTLP trace requests, protobuf or JSON, into plain spans; writing OTLP's answers. No I/O.

OTLP's JSON is not protobuf's: ids are hexadecimal and enumerations are numbers, so both are read by hand.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import DecodeError
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from telemetry.facts import SERVICE_NAME, SourceKey, SpanFacts, canonical
from telemetry.rows import TEXT_CHARS, Unstorable, clean

PROTOBUF, JSON = "application/x-protobuf", "application/json"
MAX_DEPTH = 8
STATUS_CODES = {"STATUS_CODE_UNSET": 0, "STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}
KINDS = {
    f"SPAN_KIND_{name}": number
    for number, name in enumerate(("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"))
}


class Malformed(Exception):
    """The body is not a trace request; the message says what is wrong."""


@dataclass(slots=True)
class Received:
    """The spans of one request, and what is wrong with those left out."""

    spans: list[SpanFacts] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def take(self, read: Callable[..., SpanFacts], *source: Any) -> None:
        """Add the span that *read* makes of *source*, or the problem with it."""
        try:
            self.spans.append(read(*source))
        except Unstorable as error:
            self.problems.append(str(error))
        except (ValueError, TypeError, AttributeError, OverflowError) as error:
            self.problems.append(f"a span is malformed: {error}")


def read(body: bytes, content_type: str) -> Received:
    """The spans of *body*. Raises Malformed when it is not a trace request at all."""
    return _read_json(body) if content_type == JSON else _read_protobuf(body)


def answer(content_type: str, rejected: int = 0, message: str = "") -> bytes:
    """The body of a success, partial if spans were *rejected*."""
    if content_type == JSON:
        partial = {"partialSuccess": {"rejectedSpans": str(rejected), "errorMessage": message}}
        return json.dumps(partial if rejected else {}).encode()
    response = ExportTraceServiceResponse()
    if rejected:
        response.partial_success.rejected_spans = rejected
        response.partial_success.error_message = message
    encoded: bytes = response.SerializeToString()
    return encoded


def failure(content_type: str, code: int, message: str) -> bytes:
    """The body of an error, a google.rpc.Status; *code* is one of google.rpc.Code."""
    if content_type == JSON:
        return json.dumps({"code": code, "message": message}).encode()
    encoded: bytes = Status(code=code, message=message).SerializeToString()
    return encoded


# --- protobuf --------------------------------------------------------------------------------------------


def _read_protobuf(body: bytes) -> Received:
    try:
        request = ExportTraceServiceRequest.FromString(body)
    except (DecodeError, RecursionError) as error:
        raise Malformed(f"The body is no ExportTraceServiceRequest: {error}") from None
    received = Received()
    for resource_spans in request.resource_spans:
        resource = _attributes(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            scope = scope_spans.scope
            source = _source(resource, scope.name, scope.version, _attributes(scope.attributes))
            for span in scope_spans.spans:
                received.take(_span, span, str(resource.get(SERVICE_NAME, "")), source)
    return received


def _source(resource: Mapping[str, Any], name: str, version: str, attributes: Mapping[str, Any]) -> SourceKey:
    return SourceKey(
        canonical(resource), clean(name, TEXT_CHARS), clean(version, TEXT_CHARS), canonical(attributes)
    )


def _span(span: Any, service: str, source: SourceKey) -> SpanFacts:
    return SpanFacts(
        trace_id=_id(span.trace_id, 16),
        span_id=_id(span.span_id, 8),
        parent_span_id=_id(span.parent_span_id, 8) if span.parent_span_id else 0,
        name=span.name,
        kind=span.kind if 0 <= span.kind <= 5 else 0,
        status=span.status.code,
        status_message=span.status.message,
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        attributes=_attributes(span.attributes),
        events=[(event.name, event.time_unix_nano, _attributes(event.attributes)) for event in span.events],
        links=[
            (_id(link.trace_id, 16), _id(link.span_id, 8), _attributes(link.attributes)) for link in span.links
        ],
        service=service,
        source=source,
    )


def _id(value: bytes, length: int) -> int:
    if len(value) != length:
        raise Unstorable(f"an id has {len(value)} bytes instead of {length}")
    return int.from_bytes(value, "big")


def _attributes(pairs: Iterable[Any]) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: Any, depth: int = 0) -> Any:
    which = value.WhichOneof("value")
    if which is None or depth > MAX_DEPTH:
        return None
    if which == "array_value":
        return [_value(item, depth + 1) for item in value.array_value.values]
    if which == "kvlist_value":
        return {pair.key: _value(pair.value, depth + 1) for pair in value.kvlist_value.values}
    return getattr(value, which)


# --- JSON ------------------------------------------------------------------------------------------------


def _read_json(body: bytes) -> Received:
    try:
        request = json.loads(body)
        received = Received()
        for resource_spans in _list(request, "resourceSpans"):
            resource = resource_spans.get("resource") or {}
            attributes = _json_attributes(_list(resource, "attributes"))
            for scope_spans in _list(resource_spans, "scopeSpans"):
                source = _json_source(attributes, scope_spans.get("scope") or {})
                for span in _list(scope_spans, "spans"):
                    received.take(_json_span, span, str(attributes.get(SERVICE_NAME, "")), source)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise Malformed(f"The body is no OTLP trace request in JSON: {error}") from None
    return received


def _json_source(resource: Mapping[str, Any], scope: Mapping[str, Any]) -> SourceKey:
    attributes = _json_attributes(_list(scope, "attributes"))
    return _source(resource, str(scope.get("name") or ""), str(scope.get("version") or ""), attributes)


def _json_span(span: Mapping[str, Any], service: str, source: SourceKey) -> SpanFacts:
    status = span.get("status") or {}
    parent = span.get("parentSpanId")
    return SpanFacts(
        trace_id=_id(bytes.fromhex(str(span.get("traceId", ""))), 16),
        span_id=_id(bytes.fromhex(str(span.get("spanId", ""))), 8),
        parent_span_id=_id(bytes.fromhex(str(parent)), 8) if parent else 0,
        name=str(span.get("name", "")),
        kind=_number(span.get("kind"), KINDS, most=5),
        status=_number(status.get("code"), STATUS_CODES, most=2),
        status_message=str(status.get("message") or ""),
        start_ns=int(span.get("startTimeUnixNano") or 0),
        end_ns=int(span.get("endTimeUnixNano") or 0),
        attributes=_json_attributes(_list(span, "attributes")),
        events=[
            (
                str(event.get("name", "")),
                int(event.get("timeUnixNano") or 0),
                _json_attributes(_list(event, "attributes")),
            )
            for event in _list(span, "events")
        ],
        links=[
            (
                _id(bytes.fromhex(str(link.get("traceId", ""))), 16),
                _id(bytes.fromhex(str(link.get("spanId", ""))), 8),
                _json_attributes(_list(link, "attributes")),
            )
            for link in _list(span, "links")
        ],
        service=service,
        source=source,
    )


def _list(holder: Mapping[str, Any], name: str) -> list[Any]:
    found = holder.get(name)
    if found is not None and not isinstance(found, list):
        raise TypeError(f"{name} is not a list")
    return found or []


def _number(value: Any, names: Mapping[str, int], *, most: int) -> int:
    number = names.get(value, 0) if isinstance(value, str) else int(value or 0)
    return number if 0 <= number <= most else 0


def _json_attributes(pairs: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {str(pair.get("key", "")): _json_value(pair.get("value") or {}) for pair in pairs}


def _json_value(value: Mapping[str, Any], depth: int = 0) -> Any:
    for which, found in value.items():
        if depth > MAX_DEPTH:
            return None
        match which:
            case "arrayValue":
                return [_json_value(item, depth + 1) for item in _list(found, "values")]
            case "kvlistValue":
                pairs = _list(found, "values")
                return {
                    str(pair.get("key", "")): _json_value(pair.get("value") or {}, depth + 1) for pair in pairs
                }
            case "intValue":
                return int(found)
            case "stringValue" | "boolValue" | "doubleValue" | "bytesValue":
                return found
    return None
