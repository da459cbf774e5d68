"""Kept results of all processes."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from redis.commands.core import AsyncScript

from tools.state.base import US, Admission, CacheOptions, Found, Question, Report
from tools.state.part import ValkeyPart
from tools.state.results.sums import Looks
from tools.state.shapes import cache_entry, cache_statistics, split_field

# JSON knows no infinity: later than anything that is dropped.
FOREVER_S = 9e9


class Results(ValkeyPart):
    """The part for Valkey's scripts."""

    name = "results"

    def __init__(self, options: CacheOptions) -> None:
        self._options = options

    def arguments(self, question: Question, prefix: str) -> tuple[str, ...]:
        lookup = question.lookup
        if lookup is None:
            return ()
        keys = (lookup.key, *lookup.like)
        return (prefix, str(_ms(lookup.claim_s)), str(len(keys)), *keys)

    def ended(self, *values: Any) -> Admission:
        if not values:
            return Admission(fetched_elsewhere=True)
        key, value, fresh_ms, tags, refresh, at_us = values
        tagged = tuple(json.loads(tags or "[]"))
        found = Found(key.decode(), value, float(fresh_ms) / 1000, tagged, refresh=bool(refresh))
        return Admission(found=found, at_s=float(at_us) / US)

    def granted(self, admission: Admission, value: Any) -> Admission:
        return replace(admission, at_s=float(value) / US)

    def sums(self, reports: Sequence[Report], values: list[bytes]) -> Any:
        sums = Looks.of(reports)
        if not sums:
            return None
        kept = []
        for looked in sums.kept.values():
            values.append(looked.value or b"")
            times_ms = max(1, _ms(looked.ttl_s + looked.stale_s)), _ms(looked.stale_s)
            since_us = round(min(looked.since_s, FOREVER_S) * US)
            kept.append([looked.key, looked.tool, *times_ms, looked.tags, since_us, len(values), looked.asked])
        return {
            "most": self._options.max_results,
            "lru": self._options.lru,
            "tracking": self._options.access_tracking,
            "looks": {f"{tool} {kind}": count for (tool, kind), count in sums.looks.items()},
            "hits": sums.hits,
            "kept": kept,
            "ended": sums.ended,
            "dropped": list(sums.dropped),
        }


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def clear_script() -> str:
    here = Path(__file__).parent
    return (here / "clear.lua").read_text().replace("-- SHARED --", (here / "shared.lua").read_text())


class KeptResults:
    """Looks at what is kept. *client* is redis-py's, *clear* the script of that name, *keys* what it takes."""

    def __init__(self, client: Any, clear: AsyncScript, keys: Sequence[str], now_us: Callable[[], str]) -> None:
        self._client = client
        self._clear = clear
        self._keys = keys
        self._prefix = keys[0]
        self._now_us = now_us

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
                for name in ("tools", "asked", "read"):
                    pipe.hget(f"{self._prefix}cache:{name}", key)
                pipe.pttl(f"{self._prefix}cache:{key.decode()}")
            found = iter(await pipe.execute())
        rows = ((key, hits, *(next(found) for _ in range(4))) for key, hits in ranked)
        return [
            cache_entry(
                tool=(tool or b"").decode(),
                key=key.decode(),
                asked=(asked or b"").decode(),
                hits=int(hits),
                expires_in_s=max(0, left_ms) / 1000,
                read_at_s=int(read_us or 0) / US,
            )
            for key, hits, tool, asked, read_us, left_ms in rows
        ]

    async def drop(self, tags: Sequence[str]) -> int:
        return int(await self._clear(keys=self._keys, args=[self._now_us(), *tags])) if tags else 0

    async def _forget_expired(self) -> None:
        await self._clear(keys=self._keys, args=[self._now_us()])
