#!/usr/bin/env bash
# mcp 2.3.0: a tool's result says `isError`. The server's span of the call says so (status ERROR, error.type
# tool_error, the tool's name); the client's span of the same call, its parent, has status UNSET, no error.type and
# no tool. Whoever counts the outermost span of a call counts a success. Fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'mcp==2.3.0' 'opentelemetry-sdk==1.45.2'
cat > "$folder/calling.py" <<'PY'
import asyncio
import contextlib
import socket
import threading
import time
from importlib.metadata import version

from mcp import Client
from mcp.server.mcpserver import MCPServer
from mcp_types import CallToolResult, TextContent
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

memory = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(memory))
trace.set_tracer_provider(provider)
server = MCPServer("orders")


@server.tool()
def find_order(order_id: str) -> CallToolResult:
    """Look an order up."""
    return CallToolResult(content=[TextContent(type="text", text=f"no order {order_id}")], is_error=True)


async def call(address: str) -> None:
    async with Client(address) as client:
        await client.call_tool("find_order", {"order_id": "A-17"})


with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
serving = {"transport": "streamable-http", "port": port}
threading.Thread(target=server.run, kwargs=serving, daemon=True).start()
for _ in range(100):
    time.sleep(0.1)
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        break
asyncio.run(call(f"http://127.0.0.1:{port}/mcp"))
print("mcp", version("mcp"))
for span in sorted(memory.get_finished_spans(), key=lambda span: span.kind.name):
    if span.attributes["mcp.method.name"] == "tools/call":
        said = [span.attributes.get(name) for name in ("gen_ai.tool.name", "error.type")]
        print(span.kind.name, span.name, span.status.status_code.name, *said)
PY
"$folder/venv/bin/python" "$folder/calling.py" | grep -v "^INFO:" | tee "$folder/said"
diff "$folder/said" - <<'SAID'
mcp 2.3.0
CLIENT MCP send tools/call find_order UNSET None None
SERVER tools/call find_order ERROR find_order tool_error
SAID
