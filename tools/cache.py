"""The kept results of tools: what they save, which are read most, and forgetting them.

Counts come from shared state, so they are those of all processes.
"""

from typing import Any

from tools.runtime import get_executor
from tools.state.base import ALL_RESULTS, tag_of_tool


async def get_statistics() -> dict[str, Any]:
    """``{"hits", "misses", "hit_rate", "evictions", "size", "by_tool": {tool: the same and more}}``.

    A tool's row also has ``process_hits``, ``stale_hits``, ``joined_hits`` and ``semantic_hits``, which are among
    its hits, and ``refreshes``, which are no look-ups.
    """
    return await get_executor().state.cache_statistics()


async def get_top_accessed(limit: int = 10) -> list[dict[str, Any]]:
    """The results read most often, first: ``{"tool", "key", "hits", "expires_in_s"}`` each."""
    return await get_executor().state.cache_top(limit)


async def clear() -> int:
    """Forget all results. The number forgotten."""
    return await drop_tags(ALL_RESULTS)


async def clear_tool(name: str) -> int:
    """Forget the results of one tool. The number forgotten; raises UnknownTool."""
    get_executor().registry.get(name)
    return await drop_tags(tag_of_tool(name))


async def drop_tags(*tags: str) -> int:
    """Forget what was read from any of *tags*, such as ``"customer:CUST001"``. The number forgotten.

    For writes that are not tools' calls: an admin's edit, an import. Every process has forgotten it within
    milliseconds, and a call that is reading just now does not bring it back.
    """
    return await get_executor().state.cache_drop(tags)
