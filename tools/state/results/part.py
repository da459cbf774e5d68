"""Kept results of all processes, and their twin in memory."""

import json
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from redis.commands.core import AsyncScript

from tools.state.base import (
    ALL_RESULTS,
    US,
    Admission,
    CacheOptions,
    Found,
    HearDropped,
    Looked,
    Lookup,
    Question,
    Report,
    tag_of_tool,
)
from tools.state.part import MemoryPart, ValkeyPart
from tools.state.results.sums import Looks
from tools.state.shapes import cache_entry, cache_statistics, split_field

# JSON knows no infinity: later than anything that is dropped.
FOREVER_S = 9e9


class ValkeyResults(ValkeyPart):
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


REMEMBERED_S = 3600.0


@dataclass(slots=True)
class _Kept:
    tool: str
    value: bytes
    tags: tuple[str, ...]
    ends_at: float  # stale time included
    stale_s: float
    asked: str = ""
    hits: int = 0
    read_at_s: float = 0.0


class MemoryResults(MemoryPart):
    """The last used at the end."""

    def __init__(self, options: CacheOptions) -> None:
        self._options = options
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._claims: dict[str, float] = {}
        self._dropped: dict[str, float] = {}
        self.hearers: list[HearDropped] = []

    def look(self, question: Question, now: float) -> Admission | None:
        lookup = question.lookup
        if lookup is None:
            return None
        for key in (lookup.key, *lookup.like):
            if found := self._find(lookup, key, now):
                return Admission(found=found, at_s=now)
        busy = lookup.claim_s > 0 and self._claims.get(lookup.key, 0.0) > now
        return Admission(fetched_elsewhere=True) if busy else None

    def _find(self, lookup: Lookup, key: str, now: float) -> Found | None:
        kept = self._kept.get(key)
        if kept is None:
            return None
        fresh_s = kept.ends_at - now - kept.stale_s
        if fresh_s <= (-kept.stale_s if key == lookup.key else 0.0):
            return None
        refresh = fresh_s <= 0 and self._claims.get(lookup.key, 0.0) <= now
        if refresh:
            self._claims[lookup.key] = now + lookup.claim_s
        return Found(key, kept.value, fresh_s, kept.tags, refresh)

    def take(self, question: Question, admission: Admission, now: float) -> Admission:
        if question.lookup is None:
            return admission
        if question.lookup.claim_s > 0:
            self._claims[question.lookup.key] = now + question.lookup.claim_s
        return replace(admission, at_s=now)

    def report(self, reports: Sequence[Report], now: float) -> None:
        sums = Looks.of(reports)
        self.drop(sums.dropped, now)
        self._counts.update(sums.looks)
        for looked in sums.kept.values():
            self._keep(looked, now)
        # What is new may have been read before it was told of.
        for key, times in sums.hits.items():
            self._note_read(key, times, now)
        for key in sums.ended:
            self._claims.pop(key, None)

    def drop(self, tags: Iterable[str], now: float) -> int:
        gone = 0
        for tag in tags:
            keys = [key for key, kept in self._kept.items() if tag in kept.tags]
            for key in keys:
                del self._kept[key]
            gone += len(keys)
            self._dropped[tag] = now
            for hear in self.hearers:
                hear(tag)
        self._dropped = {tag: at for tag, at in self._dropped.items() if at > now - REMEMBERED_S}
        return gone

    def statistics(self, now: float) -> dict[str, Any]:
        self._forget_expired(now)
        return cache_statistics(self._counts, Counter(kept.tool for kept in self._kept.values()))

    def top(self, limit: int, now: float) -> list[dict[str, Any]]:
        self._forget_expired(now)
        ranked = sorted(self._kept.items(), key=lambda item: (-item[1].hits, item[0]))[:limit]
        return [
            cache_entry(
                tool=kept.tool,
                key=key,
                asked=kept.asked,
                hits=kept.hits,
                expires_in_s=kept.ends_at - now,
                read_at_s=kept.read_at_s,
            )
            for key, kept in ranked
        ]

    def _note_read(self, key: str, times: int, now: float) -> None:
        if kept := self._kept.get(key):
            if self._options.access_tracking:
                kept.hits, kept.read_at_s = kept.hits + times, now
            if self._options.lru:
                self._kept.move_to_end(key)

    def _keep(self, looked: Looked, now: float) -> None:
        tags = (ALL_RESULTS, tag_of_tool(looked.tool), *looked.tags)
        if looked.value is None or any(self._dropped.get(tag, -1.0) >= looked.since_s for tag in tags):
            return
        ends_at = now + looked.ttl_s + looked.stale_s
        self._kept[looked.key] = _Kept(looked.tool, looked.value, tags, ends_at, looked.stale_s, looked.asked)
        self._kept.move_to_end(looked.key)
        while len(self._kept) > self._options.max_results:
            _, gone = self._kept.popitem(last=False)
            self._counts[gone.tool, "evictions"] += 1

    def _forget_expired(self, now: float) -> None:
        for key in [key for key, kept in self._kept.items() if kept.ends_at <= now]:
            del self._kept[key]
