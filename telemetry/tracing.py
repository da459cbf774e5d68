"""Building the tracer provider of a process, and ending it."""

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

_provider: TracerProvider | None = None


def configure_tracing() -> None:
    """Record every span of this process from now on; calling it again changes nothing."""
    global _provider  # noqa: PLW0603
    if _provider is not None:
        return
    from telemetry.exporter import StoreExporter

    _provider = TracerProvider(resource=Resource.create({"service.name": "salesboost"}))
    _provider.add_span_processor(BatchSpanProcessor(StoreExporter()))
    trace.set_tracer_provider(_provider)


def flush_tracing(timeout_s: float) -> bool:
    """Wait until every ended span is stored; False if that took longer than *timeout_s*."""
    return _provider is None or _provider.force_flush(int(timeout_s * 1000))


def shutdown_tracing() -> None:
    """Store what is left and stop recording."""
    if _provider is not None:
        _provider.shutdown()
