"""How fast spans are stored, beside plain COPY of the same rows, and what recording costs the traced call."""

import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.db import connection
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider

from telemetry import semconv
from telemetry.dictionaries import lookup
from telemetry.spans.rows import SpanRow, row_from_readable_span
from telemetry.store import batch_sql, copy_text
from telemetry.store.batches import write_spans
from telemetry.tracing.exporter import JournalProcessor

ROUNDS = 9
# What a quiet process stores at a time, and a busy one; the target is for the busy one.
BATCHES = {200: None, 2_000: ">= 0.25"}
SPANS = 1_000
ATTRIBUTES = {
    semconv.OPERATION_NAME: semconv.OPERATION_EXECUTE_TOOL,
    semconv.TOOL_NAME: "crm_integration",
    semconv.TOOL_TYPE: "function",
    semconv.TOOL_CALL_ID: "call_0123456789abcdef0123456789abcdef",
    semconv.PROVIDER_NAME: "openai",
    semconv.REQUEST_MODEL: "gpt-4o",
    semconv.CALLER_ROLE: "coach",
    semconv.CONVERSATION_ID: "session-1",
    semconv.OUTCOME: "first_try",
    semconv.ATTEMPTS: 1,
    semconv.CACHE: "miss",
    semconv.TOOL_CALL_ARGUMENTS: '{"action":"read","customer_id":"CUST001"}',
    semconv.TOOL_CALL_RESULT: '{"customer_id":"CUST001","name":"Jane Doe","company":"Acme","stage":"proposal"}',
}


def run() -> Iterator[dict[str, object]]:
    """One dictionary a figure; needs Django and a migrated scratch database."""
    yield from span_costs()
    template = row_from_readable_span(one_span(), 16_000)
    write_spans([template])
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bench_plain AS SELECT * FROM {batch_sql.PENDING} WITH NO DATA")
    for batch, target in BATCHES.items():
        yield beside_copy(template, batch) | ({"target": target} if target else {})


def beside_copy(template: SpanRow, batch: int) -> dict[str, object]:
    """Both ways by turns, so that a busy moment hits both alike; the table for COPY has no index and no key."""
    stored, copied = [], []
    for _ in range(ROUNDS):
        rows = varied(template, batch)
        stored.append(seconds(lambda rows=rows: write_spans(rows)))
        copied.append(seconds(lambda rows=rows: plain_copy(rows)))
    store_s, copy_s = statistics.median(stored), statistics.median(copied)
    return {
        "bench": "store spans",
        "batch": batch,
        "spans_per_s": round(batch / store_s),
        "copy_rows_per_s": round(batch / copy_s),
        "ratio": round(copy_s / store_s, 2),
    }


def varied(template: SpanRow, count: int) -> list[SpanRow]:
    """Calls of eight tools over the last minute, as a busy system makes them."""
    now = datetime.now(UTC)
    return [
        replace(
            template,
            trace_id=uuid.uuid4(),
            start_time=now - timedelta(milliseconds=60_000 * number / count),
            duration_ms=1.0 + number % 97,
            series=template.series._replace(tool=f"tool{number % 8}"),
            outcome="first_try" if number % 10 else "timeout",
        )
        for number in range(count)
    ]


def plain_copy(rows: list[SpanRow]) -> None:
    command = batch_sql.COPY.replace(batch_sql.PENDING, "bench_plain")
    text = copy_text.lines(rows, lookup.resolve(rows))
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        copy.write(text)


def span_costs() -> Iterator[dict[str, object]]:
    """The cost of a span in the SDK alone and with our recording, in the thread that makes the call."""
    with tempfile.TemporaryDirectory() as folder:
        alone, recorded = TracerProvider(), TracerProvider()
        processor = JournalProcessor(Path(folder) / "spool", interval_s=0.2, batch=2_000)
        recorded.add_span_processor(processor)
        processor.start()
        pairs = []
        for _ in range(ROUNDS):
            pairs.append((make_spans(alone), make_spans(recorded)))
            processor.force_flush(30_000)
        processor.shutdown()
    sdk, both = (statistics.median(side) / SPANS * 1e6 for side in zip(*pairs, strict=True))
    yield {
        "bench": "span",
        "sdk_us": round(sdk, 1),
        "with_recording_us": round(both, 1),
        "recording_us": round(both - sdk, 1),
        "target": "with_recording_us < 40",
    }


def make_spans(provider: TracerProvider) -> float:
    tracer = provider.get_tracer("bench")

    def make() -> None:
        for _ in range(SPANS):
            with tracer.start_as_current_span("execute_tool crm_integration") as span:
                span.set_attributes(ATTRIBUTES)

    # Of this thread alone: the machine's other work, storing the spans among it, is no cost of the call.
    return seconds(make, clock=time.thread_time)


class _Keep(SpanProcessor):
    span: ReadableSpan

    def on_end(self, span: ReadableSpan) -> None:
        self.span = span


def one_span() -> ReadableSpan:
    keep, provider = _Keep(), TracerProvider()
    provider.add_span_processor(keep)
    with provider.get_tracer("bench").start_as_current_span("execute_tool crm_integration") as span:
        span.set_attributes(ATTRIBUTES)
    return keep.span


def seconds(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    began = clock()
    work()
    return clock() - began
