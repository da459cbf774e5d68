"""Reading OTLP trace requests in protobuf. No I/O."""

import base64
from collections.abc import Iterable
from sys import intern
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from telemetry.ingest import extras, wire
from telemetry.ingest.received import MAX_DEPTH, TOO_DEEP, LeftOut, Malformed, Received
from telemetry.spans.finished import SERVICE_NAME, SourceKey, SpanFacts, canonical
from telemetry.spans.rows import Unstorable
from telemetry.values.texts import TEXT_CHARS, clean

NO_STATUS = Status()
DROPPED = ("dropped_attributes_count", "dropped_events_count", "dropped_links_count")


def read(body: bytes) -> Received:
    """The spans of *body*. Raises Malformed when it is not a trace request at all, TooMuch for too large a one."""
    received = Received()
    try:
        _, requested = wire.split(body, 0, len(body), 1, received.left_out)
        for resource_spans in requested:
            _read_resource(received, body, resource_spans)
    except (DecodeError, RecursionError) as error:
        raise Malformed(f"The body is no ExportTraceServiceRequest: {error}") from None
    return received


def _read_resource(received: Received, body: bytes, place: wire.Field) -> None:
    """Read the spans of the ResourceSpans that lie at *place* of the *body*."""
    left_out = received.left_out
    said, scopes = wire.split(body, place.begins, place.ends, 2, left_out)
    resource_spans = _parsed(ResourceSpans, said, "a resource")
    resource = _attributes(resource_spans.resource.attributes, left_out)
    service = str(resource.get(SERVICE_NAME, ""))
    dropped = resource_spans.resource.dropped_attributes_count
    extras.add(resource, schema_url=resource_spans.schema_url, dropped_attributes_count=dropped)
    for scope in scopes:
        said, spans = wire.split(body, scope.begins, scope.ends, 2, left_out)
        source = _source(resource, _parsed(ScopeSpans, said, "a scope"), left_out)
        for span in spans:
            received.take(_span, body[span.begins : span.ends], service, source, left_out)


def _parsed(kind: type[Any], part: bytes, name: str) -> Any:
    """*part* as a message. Raises DecodeError, PartTooLarge."""
    return kind.FromString(wire.check_part(part, kind.DESCRIPTOR, name))


def _source(resource: dict[str, Any], scope_spans: Any, left_out: LeftOut) -> SourceKey:
    scope = scope_spans.scope
    attributes = _attributes(scope.attributes, left_out)
    dropped = scope.dropped_attributes_count
    extras.add(attributes, schema_url=scope_spans.schema_url, dropped_attributes_count=dropped)
    return SourceKey(
        canonical(resource), clean(scope.name, TEXT_CHARS), clean(scope.version, TEXT_CHARS), canonical(attributes)
    )


def _span(said: bytes, service: str, source: SourceKey, left_out: LeftOut) -> SpanFacts:
    span = _parsed(Span, said, "a span")
    # Each look at the message makes an object, and most spans have neither events nor links nor a status.
    pairs, events, links, parent = span.attributes, span.events, span.links, span.parent_span_id
    left_out.count(len(pairs) + len(events) + len(links))
    status = span.status if span.HasField("status") else NO_STATUS
    attributes = _attributes(pairs, left_out)
    if trace_state := span.trace_state:
        extras.add(attributes, trace_state=trace_state)
    if flags := span.flags:
        extras.add(attributes, flags=flags)
    dropped = span.dropped_attributes_count, span.dropped_events_count, span.dropped_links_count
    if any(dropped):
        extras.add(attributes, **dict(zip(DROPPED, dropped, strict=True)))
    return SpanFacts(
        trace_id=_id(span.trace_id, 16),
        span_id=_id(span.span_id, 8),
        parent_span_id=_id(parent, 8) if parent else 0,
        name=span.name,
        kind=span.kind,
        status=status.code,
        status_message=status.message,
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        attributes=attributes,
        events=[_event(event, left_out) for event in events] if events else [],
        links=[_link(link, left_out) for link in links] if links else [],
        service=service,
        source=source,
    )


def _event(event: Any, left_out: LeftOut) -> tuple[str, int, dict[str, Any]]:
    left_out.count(len(event.attributes))
    attributes = _attributes(event.attributes, left_out)
    extras.add(attributes, dropped_attributes_count=event.dropped_attributes_count)
    return event.name, event.time_unix_nano, attributes


def _link(link: Any, left_out: LeftOut) -> tuple[int, int, dict[str, Any]]:
    left_out.count(len(link.attributes))
    attributes = _attributes(link.attributes, left_out)
    dropped = link.dropped_attributes_count
    extras.add(attributes, trace_state=link.trace_state, flags=link.flags, dropped_attributes_count=dropped)
    return _id(link.trace_id, 16), _id(link.span_id, 8), attributes


def _id(value: bytes, length: int) -> int:
    if len(value) != length:
        raise Unstorable(f"an id has {len(value)} bytes instead of {length}")
    return int.from_bytes(value, "big")


def _attributes(pairs: Iterable[Any], left_out: LeftOut) -> dict[str, Any]:
    found = {}
    for pair in pairs:
        value = pair.value
        # The same few names come with every span: a text for each would be a sixth of what a large body takes.
        # Most values are text; asking for it at once costs half of asking first which kind is set.
        found[intern(pair.key)] = value.string_value or _value(value, left_out)
    return found


def _value(value: Any, left_out: LeftOut, depth: int = 0) -> Any:
    which = value.WhichOneof("value")
    if which is None:
        return None
    found = getattr(value, which)
    if which == "bytes_value":
        return base64.b64encode(found).decode()
    if which not in ("array_value", "kvlist_value"):
        return found
    if depth >= MAX_DEPTH:
        left_out[TOO_DEEP] += 1
        return None
    left_out.count(len(found.values))
    if which == "array_value":
        return [_value(item, left_out, depth + 1) for item in found.values]
    return {pair.key: _value(pair.value, left_out, depth + 1) for pair in found.values}
