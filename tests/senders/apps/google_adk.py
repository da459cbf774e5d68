# /// script
# dependencies = ["google-adk==2.13.0", "opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http"]
# ///
import asyncio
import contextlib
import os

os.environ |= {
    "OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental",
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "SPAN_ONLY",
}

from google.adk.agents import LlmAgent
from google.adk.runners import InMemoryRunner
from google.genai import types
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider(resource=Resource({"service.name": "google-adk-shop"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)


def get_weather(city: str) -> dict:
    """The weather in a city."""
    return {"city": city, "temperature_c": 21}


def find_order(order_id: str) -> dict:
    """An order."""
    return {"status": "error", "error_message": f"Order {order_id} not found"}


def explode(reason: str) -> dict:
    """Raises."""
    raise RuntimeError("the kiln is cold")


async def main() -> None:
    agent = LlmAgent(name="weather_agent", model="gemini-2.5-flash", tools=[get_weather, find_order, explode])
    runner = InMemoryRunner(agent, app_name="shop")
    await runner.session_service.create_session(app_name="shop", user_id="ana", session_id="session-7")
    asked = types.Content(role="user", parts=[types.Part(text="How is the weather?")])
    with contextlib.suppress(RuntimeError):
        async for _ in runner.run_async(user_id="ana", session_id="session-7", new_message=asked):
            pass


asyncio.run(main())
provider.shutdown()
