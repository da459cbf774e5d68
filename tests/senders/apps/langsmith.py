# /// script
# dependencies = [
#   "langsmith[otel]==0.15.1", "langchain==1.5.2", "langchain-openai", "opentelemetry-sdk",
#   "opentelemetry-exporter-otlp-proto-http",
# ]
# ///
import contextlib
import json
import os

os.environ |= {
    "LANGSMITH_TRACING": "true",
    "LANGSMITH_OTEL_ENABLED": "true",
    "LANGSMITH_OTEL_ONLY": "true",
    "LANGSMITH_API_KEY": "nothing",
    "LANGSMITH_ENDPOINT": os.environ["LOOPBACK"],
}

from langchain.agents import create_agent
from langchain_core.tools import tool
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider(resource=Resource({"service.name": "langsmith-shop"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return json.dumps({"city": city, "temperature_c": 21})


@tool
def find_order(order_id: str) -> dict:
    """An order."""
    return {"success": False, "error": f"Order {order_id} not found"}


@tool
def explode(reason: str) -> str:
    """Raises."""
    raise RuntimeError("the kiln is cold")


agent = create_agent("openai:gpt-4o-mini", [get_weather, find_order, explode], name="weather_agent")
with contextlib.suppress(RuntimeError):
    agent.invoke(
        {"messages": [{"role": "user", "content": "How is the weather?"}]},
        {"configurable": {"thread_id": "session-7"}},
    )

from langchain_core.tracers.langchain import wait_for_all_tracers  # noqa: E402

wait_for_all_tracers()
provider.shutdown()
