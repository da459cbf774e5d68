"""The kept results of tools: what they save, which are read most, and forgetting them.

Counts come from shared state, so they are those of all processes.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from tools.running.runtime import get_executor
from tools.state.base import ALL_RESULTS, tag_of_tool


async def get_statistics() -> dict[str, Any]:
    """``{"hits", "misses", "hit_rate", "evictions", "size", "by_tool": {tool: the same and more}}``.

    A tool's row also has ``process_hits``, ``stale_hits``, ``joined_hits`` and ``semantic_hits``, which are among
    its hits, and ``refreshes``, which are no look-ups.
    """
    return await get_executor().state.cache_statistics()


async def get_top_accessed(limit: int = 10) -> list[dict[str, Any]]:
    """The results read most often, first.

    ``{"tool", "key", "asked", "hits", "last_accessed", "expires_in_s"}`` each: *asked* is the arguments,
    a payload, *last_accessed* an ISO time, or None before the first read. Raises ValueError for a *limit* below 1.
    """
    if limit < 1:
        raise ValueError(f"limit is how many results are wanted: 1 or more, not {limit}.")
    return await get_executor().state.cache_top(limit)


def without_payloads(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The *entries* of ``get_top_accessed`` for those who may see no payloads."""
    return [{**entry, "asked": None} for entry in entries]


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


class ToolCache:
    """The same for callers without ``await``: each method waits for one round trip to shared state."""

    def get_statistics(self) -> dict[str, Any]:
        """As the function of that name."""
        return get_executor().wait(get_statistics())

    def get_top_accessed(self, limit: int = 10) -> list[dict[str, Any]]:
        """As the function of that name; ``access_count`` is another name of ``hits``."""
        entries = get_executor().wait(get_top_accessed(limit))
        return [{**entry, "access_count": entry["hits"]} for entry in entries]

    def clear(self) -> int:
        """As the function of that name."""
        return get_executor().wait(clear())

    def clear_tool(self, name: str) -> int:
        """As the function of that name."""
        return get_executor().wait(clear_tool(name))
