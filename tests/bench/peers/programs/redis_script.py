"""A script of Valkey by redis-py's `evalsha`, which gives back its argument. Prints one JSON line.

Run by our Python, for the same redis-py and hiredis, and with its asyncio client, as a server has to.
"""

import asyncio
import json
import os
from typing import Any

from redis.asyncio import Redis
from work import measured


async def main() -> dict[str, Any]:
    async with Redis.from_url(os.environ["REDIS_URL"]) as client:
        name = await client.script_load("return ARGV[1]")

        async def evalsha(number: int) -> int:
            return int(await client.evalsha(name, 0, str(number)))

        return {"evalsha": await measured(evalsha)}


print(json.dumps(asyncio.run(main())))
