"""LangChain's bare `ainvoke` of the tool: no callbacks, no tracing. Prints one JSON line."""

import asyncio
import json
from typing import Any

from langchain_core.tools import tool
from work import measured, plain, said


async def main() -> dict[str, Any]:
    made = tool(plain)

    async def ainvoke(number: int) -> int:
        return await made.ainvoke({"number": number})

    return {"ainvoke": {**await measured(ainvoke), **said(made.description, made.args)}}


print(json.dumps(asyncio.run(main())))
