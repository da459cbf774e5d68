# /// script
# dependencies = [
#   "crewai==1.15.30", "openinference-instrumentation-crewai==1.1.21",
#   "opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http",
# ]
# ///
import contextlib
import os

os.environ |= {"CREWAI_DISABLE_TELEMETRY": "true", "CREWAI_TRACING_ENABLED": "false"}

from crewai import LLM, Agent, Crew, Task
from crewai.tools import tool
from openinference.instrumentation import using_session
from openinference.instrumentation.crewai import CrewAIInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider(resource=Resource({"service.name": "crewai-shop"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
CrewAIInstrumentor().instrument(tracer_provider=provider)


@tool("get_weather")
def get_weather(city: str) -> dict:
    """The weather in a city."""
    return {"city": city, "temperature_c": 21}


@tool("find_order")
def find_order(order_id: str) -> dict:
    """An order."""
    return {"success": False, "error": f"Order {order_id} not found"}


@tool("explode")
def explode(reason: str) -> str:
    """Raises."""
    raise RuntimeError("the kiln is cold")


agent = Agent(
    role="weather_agent",
    goal="Tell the weather.",
    backstory="A forecaster.",
    llm=LLM(model="openai/gpt-4o-mini", base_url=os.environ["OPENAI_BASE_URL"], api_key="nothing"),
    tools=[get_weather, find_order, explode],
    max_iter=6,
)
task = Task(description="How is the weather?", expected_output="A sentence.", agent=agent)
with contextlib.suppress(Exception), using_session("session-7"):
    Crew(agents=[agent], tasks=[task], tracing=False).kickoff()
provider.shutdown()
