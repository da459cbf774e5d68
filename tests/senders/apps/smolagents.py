# /// script
# dependencies = [
#   "smolagents[openai]==1.26.0", "openinference-instrumentation-smolagents==0.1.43",
#   "opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http",
# ]
# ///
import contextlib
import os

from openinference.instrumentation import using_session
from openinference.instrumentation.smolagents import SmolagentsInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from smolagents import OpenAIModel, ToolCallingAgent, tool

provider = TracerProvider(resource=Resource({"service.name": "smolagents-shop"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
SmolagentsInstrumentor().instrument(tracer_provider=provider)


@tool
def get_weather(city: str) -> dict:
    """The weather in a city.

    Args:
        city: its name
    """
    return {"city": city, "temperature_c": 21}


@tool
def find_order(order_id: str) -> dict:
    """An order.

    Args:
        order_id: its number
    """
    return {"success": False, "error": f"Order {order_id} not found"}


@tool
def explode(reason: str) -> str:
    """Raises.

    Args:
        reason: why
    """
    raise RuntimeError("the kiln is cold")


model = OpenAIModel(model_id="gpt-4o-mini", api_base=os.environ["OPENAI_BASE_URL"], api_key="nothing")
agent = ToolCallingAgent(
    [get_weather, find_order, explode], model, name="weather_agent", description="Tells the weather.", max_steps=3
)
with contextlib.suppress(Exception), using_session("session-7"):
    agent.run("How is the weather?")
provider.shutdown()
