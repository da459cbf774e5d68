"""A finished span as plain values: what our own SDK and OTLP have in common, before it becomes a row.

What the journal holds is redacted already: it is a file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgpack
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link

from telemetry import semconv as sc
from telemetry.journal import journal
from telemetry.redaction import redact, redact_attributes, redact_key
from telemetry.spans.dialects import ALIASES
from telemetry.values.texts import MAX_ATTRIBUTES, TEXT_CHARS, clean, sorted_json, storable

AnyAttributes = Mapping[str, Any]
Events = Sequence[tuple[str, int, AnyAttributes]]
SERVICE_NAME = "service.name"
CUT_CHARS = 1_000
# More of a text than is stored of any; what is cut need not be looked at.
REDACT_CHARS = 40_000
# Names and ids, which have columns: with a part of them taken out nothing would be found by them.
_IDS = frozenset(
    {
        *(sc.OPERATION_NAME, sc.TOOL_NAME, sc.TOOL_TYPE, sc.TOOL_CALL_ID, sc.TOOL_REQUESTED, sc.PROVIDER_NAME),
        *(sc.REQUEST_MODEL, sc.RESPONSE_MODEL, sc.CONVERSATION_ID, sc.AGENT_NAME, sc.ERROR_TYPE, sc.OUTCOME),
        *(sc.CALLER_ROLE, sc.CALLER_ID, sc.PROMPT_VERSION, sc.API_KEY_NAME, sc.CACHE, sc.BREAKER_STATE),
        *(sc.ATTEMPTS, sc.INPUT_TOKENS, sc.OUTPUT_TOKENS),
    }
)
IDS = _IDS | {alias for name in _IDS for alias in ALIASES.get(name, ())}


class SourceKey(NamedTuple):
    """Who made a span: the attributes of the resource and of the scope are JSON, their keys in order."""

    resource: str = "{}"
    scope_name: str = ""
    scope_version: str = ""
    scope_attributes: str = "{}"


NO_SOURCE = SourceKey()
# The service, that the record is redacted, and the source.
Source = tuple[str, bool, SourceKey]
MAX_SOURCES = 64
# By the ids of resource and scope, which are kept beside: so no other can get their ids.
_sources: dict[tuple[int, int], tuple[Resource, InstrumentationScope | None, Source]] = {}


# Not frozen: that would cost more than all else of making one, and tens of thousands are made a second.
@dataclass(slots=True, kw_only=True)
class SpanFacts:
    """Ids are unsigned, times are nanoseconds since 1970, ``kind`` and ``status`` are OTLP's numbers.

    An event is (name, time, attributes), a link (trace id, span id, attributes).
    """

    trace_id: int
    span_id: int
    name: str
    start_ns: int
    end_ns: int
    parent_span_id: int = 0  # 0: a root
    kind: int = 1
    status: int = 0
    status_message: str = ""
    attributes: AnyAttributes = field(default_factory=dict)
    events: Events = ()
    links: Sequence[tuple[int, int, AnyAttributes]] = ()
    service: str = ""
    source: SourceKey = NO_SOURCE
    redacted: bool = False
    # Attributes and events as they came, of which the middle of what is long is not kept.
    sent: tuple[AnyAttributes, Events] | None = field(default=None, repr=False)


def redacted(facts: SpanFacts) -> SpanFacts:
    """*facts* itself, from now on without secrets and personal data."""
    if not facts.redacted:
        facts.sent = (facts.attributes, facts.events)
        facts.name = redact_key(facts.name)
        facts.attributes = without_secrets(facts.attributes)
        if facts.events:
            facts.events = [
                (redact_key(name), time_ns, without_secrets(said)) for name, time_ns, said in facts.events
            ]
        if facts.links:
            facts.links = [(trace_id, span_id, without_secrets(said)) for trace_id, span_id, said in facts.links]
        message = facts.status_message
        # Of a report the end says what failed.
        is_long = len(message) > REDACT_CHARS
        facts.status_message = without_secrets({"message": message})["message"] if is_long else redact(message)
        facts.redacted = True
    return facts


def canonical(attributes: AnyAttributes) -> str:
    """*attributes* of a resource or a scope as JSON, redacted; equal ones make equal texts."""
    said = without_secrets(attributes)
    return sorted_json({clean(name, TEXT_CHARS): storable(said[name]) for name in [*said][:MAX_ATTRIBUTES]})


def without_secrets(attributes: AnyAttributes) -> dict[str, Any]:
    """A copy of *attributes*, names and values redacted, of its texts the ends of REDACT_CHARS."""
    return redact_attributes(attributes, IDS, REDACT_CHARS)


def encode(span: ReadableSpan) -> bytes:
    """*span* for the journal, redacted, in about 5 µs and what its texts cost.

    Raises ValueError for a span that cannot be written at all.
    """
    context, parent, status = span.get_span_context(), span.parent, span.status
    if context is None:
        raise ValueError("a span without a context")
    values = (
        context.trace_id.to_bytes(16, "big"),
        context.span_id,
        parent.span_id if parent else 0,
        redact_key(span.name),
        span.kind.value + 1,  # the SDK counts from 0, OTLP from 1
        status.status_code.value,
        redact(status.description) if status.description else "",
        span.start_time or 0,
        span.end_time or 0,
        without_secrets(_copy(span.attributes)),
        [
            (redact_key(event.name), event.timestamp, without_secrets(_copy(event.attributes)))
            for event in span.events
        ]
        if span.events
        else (),
        *_source_of(span),
        [_packed_link(link) for link in span.links] if span.links else (),
    )
    return _record(values)


def pack(facts: SpanFacts) -> bytes:
    """*facts*, redacted, as a record that ``decode`` reads."""
    facts = redacted(facts)
    values = (
        facts.trace_id.to_bytes(16, "big"),
        *(facts.span_id, facts.parent_span_id, facts.name, facts.kind, facts.status, facts.status_message),
        *(facts.start_ns, facts.end_ns, facts.attributes, facts.events, facts.service, True, facts.source),
        [(trace_id.to_bytes(16, "big"), span_id, attributes) for trace_id, span_id, attributes in facts.links],
    )
    return _record(values)


def _record(values: tuple[Any, ...]) -> bytes:
    try:
        record: bytes = msgpack.packb(values, unicode_errors="surrogatepass")
    except (ValueError, TypeError, OverflowError):
        record = msgpack.packb(_plain(values), unicode_errors="surrogatepass")
    if len(record) > journal.RECORD_MAX_BYTES:
        record = msgpack.packb(_plain(values, CUT_CHARS), unicode_errors="surrogatepass")
    return record


def decode(record: bytes) -> SpanFacts:
    """The span of a journal's *record*."""
    values = msgpack.unpackb(record, use_list=False, unicode_errors="replace", strict_map_key=False)
    trace_id, span_id, parent, name, kind, status, message, start, end, attributes, events, service, *rest = values
    # Records of older versions end earlier.
    source, links = rest[1:] if len(rest) > 1 else (NO_SOURCE, ())
    return SpanFacts(
        trace_id=int.from_bytes(trace_id, "big"),
        span_id=span_id,
        parent_span_id=parent,
        name=name,
        kind=kind,
        status=status,
        status_message=message,
        start_ns=start,
        end_ns=end,
        attributes=attributes,
        events=events,
        service=service,
        source=SourceKey(*source),
        links=[(int.from_bytes(trace, "big"), span, linked) for trace, span, linked in links],
        redacted=bool(rest),
    )


def _packed_link(link: Link) -> tuple[bytes, int, dict[str, Any]]:
    return link.context.trace_id.to_bytes(16, "big"), link.context.span_id, without_secrets(_copy(link.attributes))


def _source_of(span: ReadableSpan) -> Source:
    """Where *span* is from. Known ones are found by identity: a resource's hash writes all of it as JSON."""
    resource, scope = span.resource, span.instrumentation_scope
    key = (id(resource), id(scope))
    known = _sources.get(key)
    if known is None:
        if len(_sources) >= MAX_SOURCES:
            _sources.clear()
        known = _sources[key] = (resource, scope, _read_source(resource, scope))
    return known[2]


def _read_source(resource: Resource, scope: InstrumentationScope | None) -> Source:
    key = SourceKey(
        canonical(resource.attributes),
        scope.name if scope else "",
        (scope.version if scope else "") or "",
        canonical((scope.attributes if scope else None) or {}),
    )
    return str(resource.attributes.get(SERVICE_NAME, "")), True, key


def _copy(attributes: AnyAttributes | None) -> dict[str, Any]:
    if attributes is None:
        return {}
    # The SDK's read-only views have a copy() that is many times faster than walking them by key.
    copy = getattr(attributes, "copy", None)
    copied: dict[str, Any] = copy() if copy else dict(attributes)
    return copied


def _plain(value: Any, limit: int | None = None) -> Any:
    """*value* with all that the journal cannot hold turned into text, and text cut to *limit* characters."""
    match value:
        case str() | bytes():
            return value[:limit]
        case int() if not -(1 << 63) <= value < 1 << 64:
            return str(value)
        case None | int() | float():
            return value
        case Mapping():
            return {str(key)[:limit]: _plain(item, limit) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item, limit) for item in value]
    return str(value)[:limit]
