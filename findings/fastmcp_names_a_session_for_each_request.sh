#!/usr/bin/env bash
# fastmcp 4.2.3 over HTTP: one client calls a tool twice, and the server's spans have two values of mcp.session.id, so
# a "session" is a request. Each call has two client spans, one within the other, of which only the outer names its
# tool in an attribute. Who counts spans of tools/call counts three calls for one. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'fastmcp==4.2.3' 'opentelemetry-sdk==1.45.2'
cat > "$folder/calling.py" <<'PY'
import asyncio
import contextlib
import socket
import threading
import time
from collections import Counter
from importlib.metadata import version

from fastmcp import Client, FastMCP
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

memory = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(memory))
trace.set_tracer_provider(provider)
server = FastMCP("weather")


@server.tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"sunny in {city}"


async def call(address: str) -> None:
    async with Client(address) as client:
        for city in ("Oslo", "Rome"):
            await client.call_tool("get_weather", {"city": city})


with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
serving = {"transport": "http", "port": port, "show_banner": False}
threading.Thread(target=server.run, kwargs=serving, daemon=True).start()
for _ in range(100):
    time.sleep(0.1)
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        break
asyncio.run(call(f"http://127.0.0.1:{port}/mcp"))
time.sleep(1)
calls = [span for span in memory.get_finished_spans() if span.attributes.get("mcp.method.name") == "tools/call"]
print("fastmcp", version("fastmcp"), "calls: 2")
for (kind, names), count in sorted(Counter((s.kind.name, "gen_ai.tool.name" in s.attributes) for s in calls).items()):
    print(kind, "spans that name the tool:" if names else "spans that do not:", count)
print("values of mcp.session.id:", len({s.attributes["mcp.session.id"] for s in calls if s.kind.name == "SERVER"}))
PY
"$folder/venv/bin/python" "$folder/calling.py" 2>/dev/null | grep -v "^INFO:" | tee "$folder/said"
diff "$folder/said" - <<'SAID'
fastmcp 4.2.3 calls: 2
CLIENT spans that do not: 2
CLIENT spans that name the tool: 2
SERVER spans that name the tool: 2
values of mcp.session.id: 2
SAID
