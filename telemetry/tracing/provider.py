"""The tracer provider of a process: built once it runs, flushed before it ends."""

import atexit
import sys

from django.conf import settings
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from telemetry.forward.current import close_forwarder
from telemetry.tracing.exporter import JournalProcessor

_processor: JournalProcessor | None = None


def configure_tracing() -> None:
    """Record every span of this process from now on; calling it again changes nothing.

    Call it in the process that makes the spans. A child that is forked later records too, from its first span.
    """
    global _processor  # noqa: PLW0603  (one a process, as OpenTelemetry's provider is)
    if _processor is None:
        _processor = JournalProcessor(
            settings.SPOOL_DIR,
            interval_s=settings.SPAN_FLUSH_INTERVAL_MS / 1000,
            batch=settings.SPAN_BATCH_SIZE,
        )
        provider = TracerProvider(
            # Every call is counted, so none is sampled away, whatever the caller's traceparent says.
            sampler=ALWAYS_ON,
            resource=Resource.create({"service.name": "salesboost"}),
            span_limits=SpanLimits(max_attribute_length=4 * settings.PAYLOAD_MAX_CHARS),
            shutdown_on_exit=False,
        )
        provider.add_span_processor(_processor)
        trace.set_tracer_provider(provider)
        atexit.register(shutdown_tracing)
    _processor.start()


def flush_tracing(timeout_s: float) -> bool:
    """Wait until every ended span is stored; False if that took longer than *timeout_s*."""
    return _processor is None or _processor.force_flush(int(timeout_s * 1000))


def shutdown_tracing() -> None:
    """Store what is left; ``configure_tracing`` begins anew. Spans that cannot be stored stay on disk."""
    if _processor is not None:
        _processor.shutdown()
        # What this process has not loaded, beside a recorder, has nothing left to store.
        if writer := sys.modules.get("telemetry.store.writer"):
            writer.get_writer().close()
        close_forwarder()
