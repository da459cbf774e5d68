"""Ours: the executor as a web process has it, asked for the same tool without and with rate and cache.

`python -m tests.bench.peers.ours recorded`: every call is a span in the journal, which the machine's recorder
stores. With `unrecorded` nothing is recorded. Edits of tools are read once a second, as everywhere. Prints one
JSON line.
"""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, cast

import django

from tests.bench.peers.programs.work import measured, plain, said

FLUSH_S = 60


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesboost.settings")
    django.setup()
    from telemetry.tracing.provider import configure_tracing, flush_tracing, shutdown_tracing
    from tools.decisions import live

    recorded = sys.argv[1:] == ["recorded"]
    if recorded:
        configure_tracing()
    figures = asyncio.run(figures_of_calls())
    live.stop()
    if recorded:
        assert flush_tracing(FLUSH_S), "what was recorded could not be stored"
        shutdown_tracing()
    print(json.dumps(figures))


async def figures_of_calls() -> dict[str, Any]:
    """By the name of the tool."""
    from tests.bench.pipeline import asking_valkey
    from tools import ToolExecutor, ToolRegistry, tool
    from tools.state.fallback import FallbackState

    registry, made = ToolRegistry(), Counter[str]()
    registry.register(tool(plain))
    registry.register(tool(name="limited", rate="100000000/min", cache_ttl_s=60)(plain))
    executor = ToolExecutor(registry)

    def caller(name: str) -> Callable[[int], Awaitable[int]]:
        async def execute(number: int) -> int:
            made[name] += 1
            answer = await executor.execute(name=name, payload={"number": number}, caller_role="coach")
            return cast(int, answer.result)

        return execute

    state = cast(FallbackState, executor.state)
    figures = {
        "plain": await measured(caller("plain")),
        "limited": await asking_valkey(state, lambda: measured(caller("limited"))),
    }
    schema = registry.get("plain").schema
    told = said(schema.description, schema.parameters["properties"])
    executor.close()
    return {name: {**found, **told, "made": made[name]} for name, found in figures.items()}


if __name__ == "__main__":
    main()
