"""Shared state of one process: what stages fall back to while Valkey is away, and the reference in tests."""

import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from tools.policy import BreakerPolicy, Rate
from tools.state.base import Admission, BreakerState, CacheOptions, Looked, Question, Ran, Report, RunCounts
from tools.state.batch import Batch
from tools.state.shapes import cache_statistics, run_counts

WINDOW_SLOTS = 10
HEALTH_MINUTES = 5


@dataclass(slots=True)
class _Rest:
    """A breaker that is not closed."""

    open_until: float
    probe_until: float = 0.0


@dataclass(slots=True)
class _Kept:
    tool: str
    value: bytes
    expires_at: float
    hits: int = 0


@dataclass
class MemoryState:
    """Everything in dictionaries. *clock* is in seconds."""

    clock: Callable[[], float] = time.time
    cache: CacheOptions = field(default_factory=CacheOptions)
    _full_at: dict[tuple[str, Rate], float] = field(default_factory=dict)
    _rests: dict[str, _Rest] = field(default_factory=dict)
    _windows: dict[str, dict[int, list[int]]] = field(default_factory=dict)
    _cache: OrderedDict[str, _Kept] = field(default_factory=OrderedDict)
    _cache_counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _minutes: dict[int, Counter[tuple[str, str]]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)  # event loops of several threads share one process's state

    async def ask(self, question: Question) -> Admission:
        now = self.clock()
        with self._lock:
            if question.cache_key and (kept := self._cache.get(question.cache_key)) and kept.expires_at > now:
                return Admission(cached=kept.value)
            rest = self._rests.get(question.tool)
            if rest and now < (until := max(rest.open_until, rest.probe_until)):
                return Admission(breaker=BreakerState.OPEN, retry_after_s=until - now)
            if question.rate and (wait_s := self._take(question.tool, question.rate, now)) > 0:
                return Admission(allowed=False, retry_after_s=wait_s)
            if rest:
                rest.probe_until = now + question.probe_lease_s
                return Admission(breaker=BreakerState.HALF_OPEN)
        return Admission()

    def _take(self, tool: str, rate: Rate, now: float) -> float:
        """Take a token; else the seconds until there is one. A bucket is known by when it will be full."""
        full_at = max(self._full_at.get((tool, rate), now), now) + rate.per_s / rate.count
        wait_s = full_at - now - rate.per_s
        if wait_s > 1e-6:
            return wait_s
        self._full_at[tool, rate] = full_at
        return 0.0

    async def report(self, reports: Sequence[Report]) -> None:
        now = self.clock()
        batch = Batch.of(reports)
        with self._lock:
            self._count_kinds(batch, now)
            for probe in batch.probes:
                self._end_probe(probe, now)
            for tool, (policy, (calls, failures)) in batch.runs.items():
                if tool not in self._rests and self._trips(tool, policy, calls, failures, now):
                    self._rests[tool] = _Rest(now + policy.cooldown_s)
            self._cache_counts.update(batch.looks)
            for key, times in batch.hits.items():
                self._note_read(key, times)
            for look in batch.kept.values():
                self._keep(look, now)

    def _count_kinds(self, batch: Batch, now: float) -> None:
        minute = int(now // 60)
        for old in [key for key in self._minutes if key <= minute - HEALTH_MINUTES]:
            del self._minutes[old]
        self._minutes.setdefault(minute, Counter()).update(batch.kinds)

    def _end_probe(self, probe: Ran, now: float) -> None:
        rest = self._rests.get(probe.tool)
        if rest is None:
            return
        rest.probe_until = 0.0
        if probe.failed:
            rest.open_until = now + probe.policy.cooldown_s
        elif probe.failed is not None:
            del self._rests[probe.tool]

    def _trips(self, tool: str, policy: BreakerPolicy, calls: int, failures: int, now: float) -> bool:
        """Add to the tool's rolling window; True if it now says that the tool has to rest."""
        slot = math.floor(now / policy.window_s * WINDOW_SLOTS)
        window = self._windows.setdefault(tool, {})
        for old in [key for key in window if not slot - WINDOW_SLOTS < key <= slot]:
            del window[old]
        counts = window.setdefault(slot, [0, 0])
        counts[0] += calls
        counts[1] += failures
        calls = sum(count for count, _ in window.values())
        failures = sum(count for _, count in window.values())
        if failures < policy.failures or failures < policy.share * calls:
            return False
        del self._windows[tool]
        return True

    def breaker_state(self, tool: str) -> BreakerState:
        rest = self._rests.get(tool)
        if rest is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self.clock() < rest.open_until else BreakerState.HALF_OPEN

    def breaker_rest_s(self, tool: str) -> float:
        rest = self._rests.get(tool)
        return max(0.0, rest.open_until - self.clock()) if rest else 0.0

    def _note_read(self, key: str, times: int) -> None:
        if kept := self._cache.get(key):
            kept.hits += times * self.cache.access_tracking
            if self.cache.lru:
                self._cache.move_to_end(key)

    def _keep(self, look: Looked, now: float) -> None:
        assert look.value is not None
        self._cache[look.key] = _Kept(look.tool, look.value, now + look.ttl_s)
        self._cache.move_to_end(look.key)
        while len(self._cache) > self.cache.max_results:
            _, gone = self._cache.popitem(last=False)
            self._cache_counts[gone.tool, "evictions"] += 1

    def _forget_expired(self) -> None:
        now = self.clock()
        for key in [key for key, kept in self._cache.items() if kept.expires_at <= now]:
            del self._cache[key]

    async def cache_statistics(self) -> dict[str, Any]:
        with self._lock:
            self._forget_expired()
            sizes = Counter(kept.tool for kept in self._cache.values())
            return cache_statistics(self._cache_counts, sizes)

    async def cache_top(self, limit: int) -> list[dict[str, Any]]:
        with self._lock:
            self._forget_expired()
            now = self.clock()
            ranked = sorted(self._cache.items(), key=lambda item: (-item[1].hits, item[0]))[:limit]
            return [
                {"tool": kept.tool, "key": key, "hits": kept.hits, "expires_in_s": round(kept.expires_at - now, 1)}
                for key, kept in ranked
            ]

    async def cache_clear(self, tool: str | None = None) -> int:
        with self._lock:
            gone = [key for key, kept in self._cache.items() if tool is None or kept.tool == tool]
            for key in gone:
                del self._cache[key]
        return len(gone)

    async def run_counts(self) -> Mapping[str, RunCounts]:
        since = int(self.clock() // 60) - HEALTH_MINUTES
        with self._lock:
            summed: Counter[tuple[str, str]] = Counter()
            for minute, counts in self._minutes.items():
                if minute > since:
                    summed.update(counts)
        return run_counts(summed)
