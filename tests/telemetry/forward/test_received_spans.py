"""Spans that a real exporter sends to a real daphne go on to the second endpoint."""

import pytest
from django.db import connection
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from salesboost.services import wait_until
from telemetry.forward.post import FORWARDED
from telemetry.models import Span
from tests.live import Daphne
from tests.telemetry.forward.builders import arrived, spans_of
from tools.decisions.keys import create_key

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]
SECRET = "sk-abcdefghijklmnopqrstuvwxyz123456"


@pytest.fixture
def daphne(receiver, tmp_path):
    """A daphne that forwards to the receiver."""
    environment = {
        "DATA_DIR": str(tmp_path / "data"),
        "FORWARD_OTLP_URL": receiver.url,
        "FORWARD_OTLP_HEADERS": "authorization=Bearer%20theirs",
    }
    server = Daphne(str(connection.settings_dict["NAME"]), tmp_path / "daphne.log", environment=environment)
    server.start()
    yield server
    server.stop()


def export(daphne, spans, **headers):
    _, plain = create_key(f"shop {headers}", ["ingest"])
    exporter = OTLPSpanExporter(f"{daphne.url}/v1/traces", headers={"Authorization": f"Bearer {plain}", **headers})
    return exporter.export(spans)


def finished_spans(count):
    memory = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource.create({"service.name": "shop", "deployment": "blue"}))
    provider.add_span_processor(SimpleSpanProcessor(memory))
    for _ in range(count):
        with provider.get_tracer("shop.chat", "1.2").start_as_current_span("chat gpt-4o") as span:
            span.set_attributes({"gen_ai.operation.name": "chat", "note": f"key {SECRET}"})
            span.add_event("answered", {"tokens": 12})
    return memory.get_finished_spans()


def test_spans_go_on_as_they_came_but_redacted(daphne, receiver):
    spans = finished_spans(300)
    assert export(daphne, spans) is SpanExportResult.SUCCESS
    assert wait_until(lambda: len(arrived(receiver)) == 300, 30)
    assert sorted(arrived(receiver)) == sorted(span.context.span_id for span in spans)
    got = spans_of(receiver.got[0])[0]
    sent = next(span for span in spans if span.context.span_id == int.from_bytes(got.span_id, "big"))
    assert (got.name, got.start_time_unix_nano, got.end_time_unix_nano) == (
        "chat gpt-4o",
        sent.start_time,
        sent.end_time,
    )
    assert [event.name for event in got.events] == ["answered"]
    assert b"sk-abc" not in got.SerializeToString()
    assert receiver.got[0].headers["authorization"] == "Bearer theirs"


def test_what_was_forwarded_to_us_is_stored_and_goes_no_further(daphne, receiver):
    assert export(daphne, finished_spans(5), **{FORWARDED: "1"}) is SpanExportResult.SUCCESS
    assert export(daphne, finished_spans(3)) is SpanExportResult.SUCCESS
    assert wait_until(lambda: len(arrived(receiver)) == 3, 30)
    assert Span.objects.filter(own_name="chat gpt-4o").count() == 8


def test_the_answer_does_not_wait_for_an_endpoint_that_is_down(daphne, receiver):
    receiver.stop()
    assert export(daphne, finished_spans(20)) is SpanExportResult.SUCCESS
    assert Span.objects.filter(own_name="chat gpt-4o").count() == 20
    receiver.start()
    assert wait_until(lambda: len(arrived(receiver)) == 20, 30)
