"""Takes finished spans from the SDK to the store."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.db import Error, close_old_connections
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from telemetry import semconv as sc
from telemetry.rows import SpanRow
from telemetry.signals import spans_stored
from telemetry.store import write_spans

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def row_from(span: ReadableSpan) -> SpanRow:
    a = dict(span.attributes or {})
    context = span.get_span_context()
    assert context is not None

    def g(name: str) -> str:
        return str(a.get(name, ""))

    return SpanRow(
        start_time=EPOCH + timedelta(microseconds=(span.start_time or 0) // 1000),
        trace_id=uuid.UUID(int=context.trace_id),
        span_id=signed(context.span_id),
        name=span.name,
        parent_span_id=signed(span.parent.span_id) if span.parent else None,
        duration_ms=((span.end_time or 0) - (span.start_time or 0)) / 1e6,
        kind=span.kind.value + 1,
        status=span.status.status_code.value,
        attempts=int(g(sc.ATTEMPTS) or "1"),
        operation=g(sc.OPERATION_NAME),
        outcome=g(sc.OUTCOME),
        tool=g(sc.TOOL_NAME),
        provider=g(sc.PROVIDER_NAME),
        model=g(sc.REQUEST_MODEL),
        prompt_version=g(sc.PROMPT_VERSION),
        caller_role=g(sc.CALLER_ROLE),
        session_id=g(sc.CONVERSATION_ID),
        tool_call_id=g(sc.TOOL_CALL_ID),
        error_type=g(sc.ERROR_TYPE),
        error_message=g(sc.ERROR_MESSAGE),
        agent=g(sc.AGENT_NAME),
        service="salesboost",
        attributes={k: v for k, v in a.items() if k not in (sc.TOOL_CALL_ARGUMENTS, sc.TOOL_CALL_RESULT)},
        events=[
            {"name": e.name, "time": e.timestamp, "attributes": dict(e.attributes or {})} for e in span.events
        ],
        arguments=g(sc.TOOL_CALL_ARGUMENTS),
        result=g(sc.TOOL_CALL_RESULT),
    )


class StoreExporter(SpanExporter):
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        close_old_connections()
        try:
            stored = write_spans([row_from(span) for span in spans])
        except Error:
            return SpanExportResult.FAILURE
        spans_stored.send_robust(self, spans=stored)
        return SpanExportResult.SUCCESS
