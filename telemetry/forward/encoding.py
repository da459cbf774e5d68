"""Plain spans as an OTLP trace request, the way back from ``telemetry.ingest.otlp``. No I/O."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from telemetry.spans.finished import SERVICE_NAME, SpanFacts

INT64, UINT32, UINT64 = 1 << 63, 1 << 32, 1 << 64
# Fields of OTLP that facts hold as attributes of such names.
OTEL = "otel."
TEXT_FIELDS = ("trace_state",)
NUMBER_FIELDS = ("flags", "dropped_attributes_count", "dropped_events_count", "dropped_links_count")
SCALARS = {bool: "bool_value", int: "int_value", float: "double_value", bytes: "bytes_value"}
SCHEMA_URL = "otel.schema_url"


def encode(spans: Iterable[SpanFacts]) -> ExportTraceServiceRequest:
    """*spans* under their resources and scopes; what protobuf has no number for is written as text."""
    request = ExportTraceServiceRequest()
    by_source: dict[tuple[str, ...], Any] = {}
    for facts in spans:
        key = (*facts.source, facts.service)
        if key not in by_source:
            by_source[key] = _scope_spans(request, facts)
        by_source[key].spans.append(_span(facts))
    return request


def _scope_spans(request: ExportTraceServiceRequest, facts: SpanFacts) -> Any:
    """A place in *request* for spans of the source of *facts*."""
    source = facts.source
    resource, scope = json.loads(source.resource), json.loads(source.scope_attributes)
    if facts.service:
        resource.setdefault(SERVICE_NAME, facts.service)
    resource_spans = request.resource_spans.add()
    resource_spans.schema_url = _text(resource.pop(SCHEMA_URL, ""))
    fill(resource_spans.resource, resource)
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.schema_url = _text(scope.pop(SCHEMA_URL, ""))
    scope_spans.scope.name, scope_spans.scope.version = _text(source.scope_name), _text(source.scope_version)
    fill(scope_spans.scope, scope)
    return scope_spans


def _span(facts: SpanFacts) -> Span:
    kind, code = cast(Any, facts.kind), cast(Any, facts.status)  # plain numbers, as protobuf takes them
    span = Span(
        trace_id=facts.trace_id.to_bytes(16, "big"),
        span_id=facts.span_id.to_bytes(8, "big"),
        parent_span_id=facts.parent_span_id.to_bytes(8, "big") if facts.parent_span_id else b"",
        name=_text(facts.name),
        kind=kind,
        start_time_unix_nano=_time(facts.start_ns),
        end_time_unix_nano=_time(facts.end_ns),
        status=Status(code=code, message=_text(facts.status_message)),
    )
    fill(span, facts.attributes)
    for name, time_ns, attributes in facts.events:
        fill(span.events.add(name=_text(name), time_unix_nano=_time(time_ns)), attributes)
    for trace_id, span_id, attributes in facts.links:
        link = span.links.add(trace_id=trace_id.to_bytes(16, "big"), span_id=span_id.to_bytes(8, "big"))
        fill(link, attributes)
    return span


def fill(holder: Any, attributes: Mapping[str, Any]) -> None:
    """Set the attributes of *holder*, a message that has some, and those of its fields that are kept as such."""
    fields = holder.DESCRIPTOR.fields_by_name
    for key, value in attributes.items():
        field = key.removeprefix(OTEL) if key.startswith(OTEL) else ""
        if field in fields and field in TEXT_FIELDS:
            setattr(holder, field, _text(value))
        elif field in fields and field in NUMBER_FIELDS and type(value) is int and 0 <= value < UINT32:
            setattr(holder, field, value)
        else:
            holder.attributes.append(KeyValue(key=_text(key), value=_value(value)))


def _value(value: Any) -> AnyValue:
    if value is None:
        return AnyValue()
    if isinstance(value, list | tuple):
        return AnyValue(array_value=ArrayValue(values=[_value(item) for item in value]))
    if isinstance(value, Mapping):
        pairs = [KeyValue(key=_text(key), value=_value(item)) for key, item in value.items()]
        return AnyValue(kvlist_value=KeyValueList(values=pairs))
    fits = type(value) is not int or -INT64 <= value < INT64
    if fits and (field := SCALARS.get(type(value))):
        return AnyValue(**{field: value})
    return AnyValue(string_value=_text(value))


def _time(time_ns: int) -> int:
    return time_ns if 0 <= time_ns < UINT64 else 0


def _text(value: Any) -> str:
    text = value if isinstance(value, str) else str(value)
    # Halves of surrogate pairs are no text.
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
