"""The kept results of tools: what they save, which are read most, and forgetting them.

Counts come from shared state, so they are those of all processes.
"""

from typing import Any

from tools.runtime import get_executor


async def statistics() -> dict[str, Any]:
    """``{"hits", "misses", "hit_rate", "evictions", "size", "by_tool": {tool: the same}}``."""
    return await get_executor().state.cache_statistics()


async def top(limit: int = 10) -> list[dict[str, Any]]:
    """The results read most often, first: ``{"tool", "key", "hits", "expires_in_s"}`` each."""
    return await get_executor().state.cache_top(limit)


async def clear() -> int:
    """Forget all results. The number forgotten."""
    return await get_executor().state.cache_clear()


async def clear_tool(name: str) -> int:
    """Forget the results of one tool. The number forgotten; raises UnknownTool."""
    executor = get_executor()
    executor.registry.get(name)
    return await executor.state.cache_clear(name)
