"""Our own spans: the tracer provider of a process, and the exporter that puts what ended into its journal."""

from telemetry.tracing.provider import configure_tracing, flush_tracing, shutdown_tracing

__all__ = ["configure_tracing", "flush_tracing", "shutdown_tracing"]
