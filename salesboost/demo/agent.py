"""The application of the demonstration, as OpenTelemetry sees it.

It is a foreign one: it sends its spans by OpenTelemetry's own exporter, and what it asks carries its trace.
"""

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from telemetry import semconv

_propagator = TraceContextTextMapPropagator()


class Agent:
    """Makes a trace of all that it is asked; what SalesBoost does for it stands below."""

    def __init__(self, url: str, api_key: str) -> None:
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": "sales-coach"}),
            # Where all is being stopped, who takes spans may have gone first: nobody waits for that.
            shutdown_on_exit=False,
        )
        exporter = OTLPSpanExporter(f"{url}/v1/traces", headers={"Authorization": f"Bearer {api_key}"})
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("demo.agent")

    def begin(self, name: str, session_id: str) -> tuple[Span, dict[str, str]]:
        """The open span of the agent *name*, and the headers that its request has to carry."""
        span = self._tracer.start_span(f"invoke_agent {name}")
        span.set_attributes(
            {
                semconv.OPERATION_NAME: "invoke_agent",
                semconv.CONVERSATION_ID: session_id,
                semconv.AGENT_NAME: name,
            }
        )
        headers: dict[str, str] = {}
        _propagator.inject(headers, set_span_in_context(span))
        return span, headers

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()
