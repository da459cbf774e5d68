"""Another application, as a process of its own: traced by OpenTelemetry's SDK, exported by its own exporter.

Its environment says where to (OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, …_HEADERS). It knows nothing of us.
"""

import sys

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import StatusCode


def main(turns: int) -> None:
    provider = TracerProvider(resource=Resource.create({"service.name": "travel-agent", "host.name": "shop-1"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracer = provider.get_tracer("travel.agent", "2.1")
    for turn in range(turns):
        with tracer.start_as_current_span("invoke_agent planner") as agent:
            agent.set_attributes({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "planner"})
            with tracer.start_as_current_span("chat gpt-4o") as model:
                model.set_attributes({"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai"})
                model.set_attributes({"gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 120})
            with tracer.start_as_current_span("execute_tool find_flight") as call:
                call.set_attributes({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "find_flight"})
                call.set_attribute("gen_ai.conversation.id", f"trip-{turn}")
                if turn == 0:
                    call.set_attribute("error.type", "TimeoutError")
                    call.set_status(StatusCode.ERROR, "the airline did not answer within 5 s")
    provider.shutdown()


if __name__ == "__main__":
    main(int(sys.argv[1]))
