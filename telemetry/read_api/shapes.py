"""Spans as the API gives them. Pure: units are in the names, ids are hexadecimal, what is not known is null."""

from decimal import Decimal
from typing import Any

from telemetry.exports.columns import KINDS, STATUSES, hex16, word_of
from telemetry.exports.otlp_json import start_ns
from telemetry.models import Span, SpanPayload

WORDS = ("tool", "provider", "model", "prompt_version", "caller_role", "agent", "service", "api_key", "origin")


def brief(span: Span) -> dict[str, Any]:
    """What a list has of *span*."""
    return {
        "trace_id": span.trace_id.hex,
        "span_id": hex16(span.span_id),
        "parent_span_id": hex16(span.parent_span_id),
        "name": span.name,
        "operation": span.operation,
        "kind": word_of(KINDS, span.kind),
        "status": word_of(STATUSES, span.status),
        "start_time": span.start_time.isoformat(),
        "start_unix_ns": start_ns(span.start_time, span.start_ns),
        "duration_ms": span.duration_ms,
        **{word: getattr(span, word) for word in WORDS},
        "outcome": span.outcome,
        "attempts": span.attempts,
        "weight": span.weight,
        "input_tokens": span.input_tokens,
        "output_tokens": span.output_tokens,
        "cost_usd": usd(span.cost_usd),
        "session_id": span.session_id,
        "tool_call_id": span.tool_call_id,
        "error_type": span.error_type,
        "error_message": span.error_message,
        "fingerprint": hex16(span.fingerprint),
    }


def whole(span: Span) -> dict[str, Any]:
    """All of *span* (of ``Span.objects.whole()``) but its payload."""
    source = span.source
    return {
        **brief(span),
        "attributes": span.attributes,
        "events": span.events or [],
        "links": span.links or [],
        "resource": source.resource,
        "scope": {
            "name": source.scope_name,
            "version": source.scope_version,
            "attributes": source.scope_attributes,
        },
    }


def payload(found: SpanPayload | None) -> dict[str, str]:
    """What went in and what came out, redacted and cut as it is stored; empty where nothing was recorded."""
    return {name: getattr(found, name, "") for name in ("arguments", "result", "messages")}


def usd(cost: Decimal | None) -> float | None:
    return None if cost is None else float(cost)
