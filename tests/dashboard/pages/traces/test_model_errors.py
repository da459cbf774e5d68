"""What a page shows of each way in which a model call fails; how vendors say it is tried in tests/tools/llm."""

import html
import uuid

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from dashboard.addresses.links import trace_url
from telemetry import semconv
from telemetry.spans.rows import row_from_readable_span
from telemetry.store.batches import write_spans
from tools.llm.adapters.errors import ErrorKind, ModelError
from tools.llm.calling import spans

pytestmark = pytest.mark.django_db
CHAT = {
    semconv.OPERATION_NAME: semconv.OPERATION_CHAT,
    semconv.PROVIDER_NAME: "anthropic",
    semconv.REQUEST_MODEL: "claude-sonnet-5-5",
    semconv.ROUTE: "default",
    semconv.ROUTE_TRY: 2,
    semconv.ROUTE_REASON: "gemini: overloaded",
}


def failed_call(error):
    """The span of a call that ended with *error*, as the store gets it."""
    told = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(told))
    with provider.get_tracer("test").start_as_current_span("chat claude-sonnet-5-5", attributes=CHAT) as span:
        spans.record_error(span, error)
    return row_from_readable_span(told.get_finished_spans()[0], 10_000)


@pytest.mark.parametrize("kind", ErrorKind)
def test_it_says_what_happened_and_what_to_do(signed_in, kind):
    error = ModelError(kind, "The vendor said so")
    row = failed_call(error)
    write_spans([row])
    answer = signed_in.get(trace_url(uuid.UUID(str(row.trace_id))))
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 200
    assert str(error) in page and str(error).endswith(".") and kind.value in page
    assert "gemini: overloaded" in page
