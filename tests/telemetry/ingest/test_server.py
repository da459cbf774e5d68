"""The real exporter of OpenTelemetry against a real daphne."""

import pytest
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from telemetry.models import Rollup, Span
from tools.decisions.keys import create_key

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(90)]


def finished_spans(count):
    memory = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    for number in range(count):
        with provider.get_tracer("shop").start_as_current_span("execute_tool crm") as span:
            span.set_attributes({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": f"tool{number % 3}"})
    return memory.get_finished_spans()


def test_the_real_exporter_stores_a_batch_once_however_often_it_sends_it(live_server_daphne):
    _, plain = create_key("shop", ["ingest"])
    address = f"{live_server_daphne.url.rstrip('/')}/v1/traces"
    spans = finished_spans(500)
    for compression in (Compression.Gzip, Compression.NoCompression, Compression.Gzip):
        exporter = OTLPSpanExporter(address, headers={"Authorization": f"Bearer {plain}"}, compression=compression)
        assert exporter.export(spans) is SpanExportResult.SUCCESS
        assert Span.objects.filter(series__tool__in=["tool0", "tool1", "tool2"]).count() == 500
    wrong = OTLPSpanExporter(address, headers={"Authorization": "Bearer wrong"})
    assert wrong.export(spans) is SpanExportResult.FAILURE
    tallies = Rollup.objects.at(3600).tallies("tool")
    assert {tool: tally.calls for (tool,), tally in tallies.items()} == {"tool0": 167, "tool1": 167, "tool2": 166}
