# /// script
# dependencies = [
#   "strands-agents[openai,otel]==1.62.0", "opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http",
# ]
# ///
import os

os.environ |= {
    "OTEL_SERVICE_NAME": "strands-latest-shop",
    "OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental",
}

from strands import Agent, tool
from strands.models.openai import OpenAIModel
from strands.telemetry import StrandsTelemetry

telemetry = StrandsTelemetry()
telemetry.setup_otlp_exporter()


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
    return {"status": "error", "content": [{"text": f"Order {order_id} not found"}]}


@tool
def explode(reason: str) -> str:
    """Raises.

    Args:
        reason: why
    """
    raise RuntimeError("the kiln is cold")


agent = Agent(
    model=OpenAIModel(model_id="gpt-4o-mini"),
    tools=[get_weather, find_order, explode],
    name="weather_agent",
    callback_handler=None,
    trace_attributes={"session.id": "session-7"},
)
agent("How is the weather?")
telemetry.tracer_provider.force_flush()
