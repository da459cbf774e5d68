"""Recording in this process; what happens when processes die is in test_spool."""

import pytest
from django.db.models import Q
from opentelemetry import context, trace
from opentelemetry.sdk.trace import TracerProvider

from telemetry.models import Span
from telemetry.process.counters import counters
from telemetry.semconv import OUTCOME, TOOL_NAME
from telemetry.store.batches import write_spans
from telemetry.store.writer import get_writer
from telemetry.tracing import provider as tracing
from telemetry.tracing.exporter import JournalProcessor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def recording(tmp_path):
    """A processor of its own and a tracer that feeds it."""
    processor = JournalProcessor(tmp_path, interval_s=0.02, batch=50)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(processor)
    processor.start()
    yield processor, provider.get_tracer("tests")
    processor.shutdown()
    get_writer().close()


def stored():
    """The spans of this file's tests; a thread of an earlier test may still store one of its own."""
    return Span.objects.filter(Q(series__tool="crm") | Q(own_name="INSERT"))


def make(tracer, count=1, tool="crm"):
    for _ in range(count):
        with tracer.start_as_current_span(f"execute_tool {tool}") as span:
            span.set_attributes({TOOL_NAME: tool, OUTCOME: "first_try"})


def test_the_process_records_until_it_is_told_to_stop_and_again_after_that():
    for expected in (1, 3):
        tracing.configure_tracing()
        tracing.configure_tracing()
        make(trace.get_tracer("tests"), tool="on and off")
        assert tracing.flush_tracing(10)
        assert Span.objects.filter(series__tool="on and off").count() == expected
        tracing.shutdown_tracing()
        # One that ends later waits for the next to record.
        make(trace.get_tracer("tests"), tool="on and off")
    tracing.configure_tracing()
    assert tracing.flush_tracing(10)
    tracing.shutdown_tracing()


def test_a_span_is_recorded_though_its_caller_samples_none():
    tracing.configure_tracing()
    parent = trace.SpanContext(trace_id=7, span_id=7, is_remote=True, trace_flags=trace.TraceFlags(0))
    token = context.attach(trace.set_span_in_context(trace.NonRecordingSpan(parent)))
    make(trace.get_tracer("tests"), tool="unsampled")
    context.detach(token)
    assert tracing.flush_tracing(10)
    assert Span.objects.get(series__tool="unsampled").trace_id.int == 7
    tracing.shutdown_tracing()


def test_flushing_waits_for_all_that_has_ended(recording):
    processor, tracer = recording
    make(tracer, 500)
    assert processor.force_flush(10_000)
    assert (stored().count(), processor.journal.waiting) == (500, 0)


def test_what_the_store_does_not_take_is_kept_and_stored_later(recording, monkeypatch):
    processor, tracer = recording

    def away(rows):
        raise RuntimeError("away")

    with monkeypatch.context() as patched:
        patched.setattr("telemetry.store.writer.write_spans", away)
        make(tracer, 20)
        assert not processor.force_flush(200)
    assert processor.force_flush(10_000)
    assert stored().count() == 20


def test_a_span_that_cannot_be_stored_is_refused_and_holds_up_nobody(recording):
    processor, tracer = recording
    refused = counters().refused
    tracer.start_span("from the past", start_time=1).end()
    make(tracer)
    assert processor.force_flush(10_000)
    assert (stored().get().tool, counters().refused - refused) == ("crm", 1)


def test_a_full_journal_loses_spans_without_a_word_to_the_caller_and_counts_them(recording, monkeypatch):
    processor, tracer = recording
    dropped = counters().dropped
    monkeypatch.setattr(processor.journal, "append", lambda record: False)
    make(tracer, 3)
    assert counters().dropped - dropped == 3


def test_a_fault_of_the_journal_is_no_fault_of_the_call(recording, monkeypatch):
    processor, tracer = recording

    def fails(record):
        raise OSError("the disk is gone")

    monkeypatch.setattr(processor.journal, "append", fails)
    make(tracer)


def test_storing_spans_makes_none_though_the_database_be_instrumented(recording, monkeypatch):
    processor, tracer = recording
    written = []

    def instrumented(rows):
        with tracer.start_as_current_span("INSERT"):
            written.append(len(rows))
            return write_spans(rows)

    monkeypatch.setattr("telemetry.store.writer.write_spans", instrumented)
    make(tracer, 3)
    assert processor.force_flush(10_000)
    assert (sum(written), processor.journal.appended, stored().count()) == (3, 3, 3)
