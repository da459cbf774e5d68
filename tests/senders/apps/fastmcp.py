# /// script
# dependencies = ["fastmcp==4.2.3", "opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http"]
# ///
"""A client and a server in processes of their own, each of which sends its spans itself."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

from fastmcp import Client, FastMCP
from fastmcp.exceptions import ToolError
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

side = "server" if len(sys.argv) > 1 else "client"
provider = TracerProvider(resource=Resource({"service.name": f"fastmcp-{side}"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
server = FastMCP("weather")


@server.tool
def get_weather(city: str) -> dict:
    """The weather in a city."""
    return {"city": city, "temperature_c": 21}


@server.tool
def find_order(order_id: str) -> str:
    """An order."""
    raise ToolError(f"Order {order_id} not found")


@server.tool
def explode(reason: str) -> str:
    """Raises."""
    raise RuntimeError("the kiln is cold")


async def call(address: str) -> None:
    async with Client(address) as client:
        for name, arguments in (
            ("get_weather", {"city": "Oslo"}),
            ("find_order", {"order_id": "A-17"}),
            ("get_weather", {"town": 7}),
            ("explode", {"reason": "a test"}),
            ("no_such_tool", {}),
        ):
            try:
                print(name, await client.call_tool(name, arguments))
            except Exception as error:
                print(name, type(error), error)


def serve(port: int) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        server.run("http", port=port)


if side == "server":
    serve(int(sys.argv[1]))
else:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, __file__, str(port)], env=os.environ)
    for _ in range(100):
        time.sleep(0.2)
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            break
    asyncio.run(call(f"http://127.0.0.1:{port}/mcp"))
    provider.shutdown()
    process.terminate()
    process.wait(30)
provider.shutdown()
