# /// script
# dependencies = [
#   "pydantic-ai-slim[openai]==2.66.0", "opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http",
# ]
# ///
import contextlib

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from pydantic_ai import Agent

provider = TracerProvider(resource=Resource({"service.name": "pydantic-ai-shop"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
Agent.instrument_all()
agent = Agent("openai-chat:gpt-4o-mini", name="weather_agent")


@agent.tool_plain
def get_weather(city: str) -> dict:
    """The weather in a city."""
    return {"city": city, "temperature_c": 21}


@agent.tool_plain
def find_order(order_id: str) -> dict:
    """An order."""
    return {"success": False, "error": f"Order {order_id} not found"}


@agent.tool_plain
def explode(reason: str) -> str:
    """Raises."""
    raise RuntimeError("the kiln is cold")


with contextlib.suppress(RuntimeError):
    agent.run_sync("How is the weather?", conversation_id="session-7")
provider.shutdown()
