"""Kept results of all processes."""

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from redis.commands.core import AsyncScript

from tools.state.base import Admission, CacheOptions, Question, Report
from tools.state.results.sums import Looks
from tools.state.shapes import cache_statistics, split_field


class Results:
    """The part for Valkey's scripts."""

    name = "results"

    def __init__(self, options: CacheOptions) -> None:
        self._options = options

    def arguments(self, question: Question, prefix: str) -> tuple[str, ...]:
        return (f"{prefix}cache:{question.cache_key}",) if question.cache_key else ()

    def ended(self, *values: Any) -> Admission:
        return Admission(cached=values[0])

    def granted(self, admission: Admission, value: Any) -> Admission:
        return admission

    def sums(self, reports: Sequence[Report], values: list[bytes]) -> Any:
        sums = Looks.of(reports)
        if not sums.looks:
            return None
        kept = []
        for look in sums.kept.values():
            values.append(look.value or b"")
            kept.append([look.key, look.tool, max(1, round(look.ttl_s * 1000)), len(values)])
        return {
            "most": self._options.max_results,
            "lru": self._options.lru,
            "tracking": self._options.access_tracking,
            "looks": {f"{tool} {kind}": count for (tool, kind), count in sums.looks.items()},
            "hits": sums.hits,
            "kept": kept,
        }


class KeptResults:
    """Looks at what is kept. *client* is redis-py's, *clear* the script of that name."""

    def __init__(self, client: Any, clear: AsyncScript, prefix: str) -> None:
        self._client = client
        self._clear = clear
        self._prefix = prefix

    async def statistics(self) -> dict[str, Any]:
        await self._forget_expired()
        async with self._client.pipeline(transaction=False) as pipe:
            pipe.hgetall(f"{self._prefix}cache:counts").hvals(f"{self._prefix}cache:tools").info("stats")
            counts, tools, info = await pipe.execute()
        shape = cache_statistics(
            {split_field(name): int(count) for name, count in counts.items()},
            Counter(tool.decode() for tool in tools),
        )
        # What Valkey itself had to drop for want of memory belongs to no tool that we know of.
        shape["evictions"] += info["evicted_keys"]
        return shape

    async def top(self, limit: int) -> list[dict[str, Any]]:
        await self._forget_expired()
        ranked = await self._client.zrevrange(f"{self._prefix}cache:hits", 0, limit - 1, withscores=True)
        async with self._client.pipeline(transaction=False) as pipe:
            for key, _ in ranked:
                pipe.hget(f"{self._prefix}cache:tools", key).pttl(f"{self._prefix}cache:{key.decode()}")
            found = await pipe.execute()
        return [
            {
                "tool": (found[2 * place] or b"").decode(),
                "key": key.decode(),
                "hits": int(hits),
                "expires_in_s": round(max(0, found[2 * place + 1]) / 1000, 1),
            }
            for place, (key, hits) in enumerate(ranked)
        ]

    async def clear(self, tool: str | None) -> int:
        return int(await self._clear(keys=[self._prefix], args=[tool or "", "", ""]))

    async def _forget_expired(self) -> None:
        await self._clear(keys=[self._prefix], args=["", "1", f"{time.time() * 1000:.0f}"])
