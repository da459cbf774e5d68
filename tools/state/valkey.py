"""Shared state of all processes, in Valkey: what stages ask is one Lua script, what they report another."""

import asyncio
import json
import time
import weakref
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.commands.core import AsyncScript
from redis.exceptions import ConnectionError as Disconnected

from tools.state.base import ASK_TIMEOUT_S, Admission, BreakerState, CacheOptions, Question, Ran, Report, RunCounts
from tools.state.batch import Batch
from tools.state.line import ScriptLine
from tools.state.memory import HEALTH_MINUTES
from tools.state.shapes import cache_statistics, run_counts

PREFIX = "salesboost:tools:"
# What runs in the background waits longer than a call does, for a busy process lets it run late.
PATIENCE_S = 2.0
US = 1_000_000
# The answers of ask.lua.
ADMITTED, CACHED, RESTING, NO_TOKEN, PROBE = range(5)


@dataclass(slots=True)
class _Client:
    """A client and its scripts."""

    client: Any  # redis-py types each reply as everything that any command may answer
    ask: ScriptLine
    report: AsyncScript
    clear: AsyncScript


def read_script(name: str) -> str:
    return Path(__file__).with_name(f"{name}.lua").read_text()


class ValkeyState:
    """Raises redis's errors while Valkey is away; ``FallbackState`` is the one that copes.

    *now* (seconds) is for tests: otherwise Valkey's own clock counts, the same for all processes.
    """

    def __init__(
        self,
        url: str,
        *,
        now: Callable[[], float] | None = None,
        clock: Callable[[], float] = time.monotonic,
        cache: CacheOptions | None = None,
        prefix: str = PREFIX,
    ) -> None:
        self._url = url
        self._now = now
        self._clock = clock
        cache = cache or CacheOptions()
        self._options = [cache.max_results, int(cache.lru), int(cache.access_tracking)]
        self._prefix = prefix
        self._rests_key = f"{prefix}rests"
        # Pub/sub knows no databases, so the channel names ours.
        self._channel = f"{prefix}breakers:{url.rsplit('/', 1)[-1]}"
        self._scripts = {name: read_script(name) for name in ("ask", "report", "clear")}
        # By loop, for connections belong to the loop that opened them, and by timeout.
        self._clients: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[float, _Client]]
        self._clients = weakref.WeakKeyDictionary()
        # Tools heard to be resting, and until when by our clock.
        self._resting: dict[str, float] = {}

    def _here(self, timeout_s: float = PATIENCE_S) -> _Client:
        """The running loop's client."""
        clients = self._clients.setdefault(asyncio.get_running_loop(), {})
        found = clients.get(timeout_s)
        if found is None:
            client = Redis.from_url(
                self._url,
                socket_timeout=timeout_s,
                socket_connect_timeout=timeout_s,
                # Once more where an idle connection had died: a restart of Valkey leaves many of those.
                retry=Retry(NoBackoff(), 1, supported_errors=(Disconnected,)),
            )
            found = clients[timeout_s] = _Client(
                client,
                ScriptLine(client, self._scripts["ask"]),
                client.register_script(self._scripts["report"]),
                client.register_script(self._scripts["clear"]),
            )
        return found

    def _now_us(self) -> str:
        return "" if self._now is None else f"{self._now() * US:.0f}"

    async def ask(self, question: Question) -> Admission:
        tool, rate = question.tool, question.rate
        bucket = f"{self._prefix}bucket:{tool}:{rate.count}/{rate.per_s}" if rate else "-"
        kind, value = await self._here(ASK_TIMEOUT_S).ask.call(
            f"{self._prefix}cache:{question.cache_key}",
            self._rests_key,
            bucket,
            self._now_us(),
            tool,
            "1" if question.cache_key else "",
            repr(rate.per_s * US / rate.count) if rate else "0",
            repr(rate.per_s * US) if rate else "0",
            repr(question.probe_lease_s * US),
            keys=3,
        )
        if kind == ADMITTED:
            return ADMISSION
        if kind == CACHED:
            return Admission(cached=value)
        if kind == RESTING:
            return Admission(breaker=BreakerState.OPEN, retry_after_s=value / US)
        if kind == NO_TOKEN:
            return Admission(allowed=False, retry_after_s=value / US)
        return Admission(breaker=BreakerState.HALF_OPEN)

    async def report(self, reports: Sequence[Report]) -> None:
        batch = Batch.of(reports)
        changes = await self._here().report(
            keys=[self._prefix, self._channel],
            args=[
                self._now_us(),
                *self._options,
                json.dumps(_sums(batch)),
                *(look.value or b"" for look in batch.kept.values()),
            ],
        )
        for tool, rest_us in zip(changes[::2], changes[1::2], strict=True):
            self._hear(tool.decode(), int(rest_us))

    def breaker_state(self, tool: str) -> BreakerState:
        until = self._resting.get(tool)
        if until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self._clock() < until else BreakerState.HALF_OPEN

    def breaker_rest_s(self, tool: str) -> float:
        return max(0.0, self._resting.get(tool, 0.0) - self._clock())

    async def listen(self, ready: Callable[[], None], go_on: Callable[[], bool]) -> None:
        """Hear of breakers that open and close, until *go_on* says no; *ready* once all that is known is read."""
        client = self._here().client
        async with client.pubsub(ignore_subscribe_messages=True) as news:
            await news.subscribe(self._channel)
            # Subscribed first, read second: what happens in between is heard twice rather than never.
            await self._read_rests(client)
            ready()
            while go_on():
                message = await news.get_message(timeout=1.0)
                if message is not None:
                    tool, rest_us = message["data"].decode().split()
                    self._hear(tool, int(rest_us))

    async def _read_rests(self, client: Any) -> None:
        async with client.pipeline(transaction=False) as pipe:
            (seconds, micros), rests = await pipe.time().hgetall(self._rests_key).execute()
        now_us = float(self._now_us() or seconds * US + micros)
        self._resting = {
            tool.decode(): self._clock() + (int(until.split()[0]) - now_us) / US for tool, until in rests.items()
        }

    def _hear(self, tool: str, rest_us: int) -> None:
        if rest_us < 0:
            self._resting.pop(tool, None)
        else:
            self._resting[tool] = self._clock() + rest_us / US

    async def cache_statistics(self) -> dict[str, Any]:
        here = self._here()
        await here.clear(keys=[self._prefix], args=["", "1", f"{time.time() * 1000:.0f}"])
        async with here.client.pipeline(transaction=False) as pipe:
            pipe.hgetall(f"{self._prefix}cache:counts").hvals(f"{self._prefix}cache:tools").info("stats")
            counts, tools, info = await pipe.execute()
        shape = cache_statistics(
            {_split(name): int(count) for name, count in counts.items()}, Counter(tool.decode() for tool in tools)
        )
        # What Valkey itself had to drop for want of memory belongs to no tool that we know of.
        shape["evictions"] += info["evicted_keys"]
        return shape

    async def cache_top(self, limit: int) -> list[dict[str, Any]]:
        here = self._here()
        await here.clear(keys=[self._prefix], args=["", "1", f"{time.time() * 1000:.0f}"])
        ranked = await here.client.zrevrange(f"{self._prefix}cache:hits", 0, limit - 1, withscores=True)
        async with here.client.pipeline(transaction=False) as pipe:
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

    async def cache_clear(self, tool: str | None = None) -> int:
        return int(await self._here().clear(keys=[self._prefix], args=[tool or "", "", ""]))

    async def run_counts(self) -> Mapping[str, RunCounts]:
        client = self._here().client
        minute = int((self._now or time.time)() // 60)
        async with client.pipeline(transaction=False) as pipe:
            for back in range(HEALTH_MINUTES):
                pipe.hgetall(f"{self._prefix}health:{minute - back}")
            summed: Counter[tuple[str, str]] = Counter()
            for fields in await pipe.execute():
                summed.update({_split(name): int(count) for name, count in fields.items()})
        return run_counts(summed)

    async def aclose(self) -> None:
        """Close the running loop's connections."""
        for found in self._clients.pop(asyncio.get_running_loop(), {}).values():
            await found.ask.aclose()
            await found.client.aclose()


ADMISSION = Admission()


def _split(field: bytes) -> tuple[str, str]:
    """The tool and the kind of a counter; neither holds a space."""
    tool, _, kind = field.decode().rpartition(" ")
    return tool, kind


def _sums(batch: Batch) -> dict[str, Any]:
    """*batch* as report.lua reads it."""
    return {
        "probes": [[probe.tool, _verdict(probe), probe.policy.cooldown_s * US] for probe in batch.probes],
        "runs": [
            [tool, *counts, policy.failures, policy.share, policy.window_s * US, policy.cooldown_s * US]
            for tool, (policy, counts) in batch.runs.items()
        ],
        "kinds": {f"{tool} {kind}": count for (tool, kind), count in batch.kinds.items()},
        "looks": {f"{tool} {kind}": count for (tool, kind), count in batch.looks.items()},
        "hits": batch.hits,
        "kept": [[look.key, look.tool, max(1, round(look.ttl_s * 1000))] for look in batch.kept.values()],
    }


def _verdict(probe: Ran) -> str:
    return "unknown" if probe.failed is None else "failed" if probe.failed else "succeeded"
