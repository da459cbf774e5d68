# /// script
# dependencies = [
#   "openinference-instrumentation-langchain==0.1.80", "langchain==1.5.2", "langchain-openai",
#   "opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http",
# ]
# ///
import contextlib
import json

from langchain.agents import create_agent
from langchain_core.tools import tool
from openinference.instrumentation.langchain import LangChainInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider(resource=Resource({"service.name": "langchain-shop"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
LangChainInstrumentor().instrument(tracer_provider=provider)


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
provider.shutdown()
