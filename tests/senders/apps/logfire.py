# /// script
# dependencies = [
#   "logfire==5.4.0", "openai-agents==0.24.0", "opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http",
# ]
# ///
import asyncio
import contextlib

import logfire
from agents import Agent, OpenAIChatCompletionsModel, RunConfig, Runner, function_tool, set_trace_processors
from openai import AsyncOpenAI

set_trace_processors([])  # OpenAI's own, which would send to it
logfire.configure(
    send_to_logfire=False,
    console=False,
    service_name="logfire-shop",
    inspect_arguments=False,
)
logfire.instrument_openai_agents()


@function_tool
def get_weather(city: str) -> dict:
    """The weather in a city."""
    return {"city": city, "temperature_c": 21}


@function_tool
def find_order(order_id: str) -> dict:
    """An order."""
    return {"success": False, "error": f"Order {order_id} not found"}


@function_tool(failure_error_function=None)
def explode(reason: str) -> str:
    """Raises."""
    raise RuntimeError("the kiln is cold")


agent = Agent(
    name="weather_agent",
    model=OpenAIChatCompletionsModel("gpt-4o-mini", AsyncOpenAI()),
    tools=[get_weather, find_order, explode],
)


async def main() -> None:
    with contextlib.suppress(Exception):
        await Runner.run(agent, "How is the weather?", run_config=RunConfig(group_id="session-7"))


asyncio.run(main())
logfire.force_flush()
