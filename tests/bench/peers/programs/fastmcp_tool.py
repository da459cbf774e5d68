"""FastMCP's `call_tool` of the tool, in memory: of the server object, and by its client. Prints one JSON line."""

import asyncio
import json
from typing import Any

from fastmcp import Client, FastMCP
from work import measured, plain, said


async def main() -> dict[str, Any]:
    server = FastMCP("bench")
    server.tool(plain)

    async def asked_of_server(number: int) -> int:
        answer = await server.call_tool("plain", {"number": number})
        return answer.structured_content["result"]

    async with Client(server) as client:

        async def by_client(number: int) -> int:
            return (await client.call_tool("plain", {"number": number})).data

        (listed,) = await client.list_tools()
        told = said(listed.description, listed.input_schema["properties"])
        return {
            "server": {**await measured(asked_of_server), **told},
            "client": {**await measured(by_client), **told},
        }


print(json.dumps(asyncio.run(main())))
