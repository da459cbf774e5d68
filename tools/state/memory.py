"""Shared state of one process: what stages fall back to while Valkey is away, and the reference in tests."""

import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from telemetry.semconv import SUCCEEDED, Outcome
from tools.policy import BreakerPolicy, Rate
from tools.state.base import Admission, BreakerState, Looked, Question, Ran, Report, RunCounts

WINDOW_SLOTS = 10
HEALTH_MINUTES = 5
MAX_CACHED_RESULTS = 10_000


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
    lru: bool = True
    access_tracking: bool = True
    max_results: int = MAX_CACHED_RESULTS
    _full_at: dict[str, float] = field(default_factory=dict)
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
        full_at = max(self._full_at.get(tool, now), now) + rate.per_s / rate.count
        wait_s = full_at - now - rate.per_s
        if wait_s > 1e-6:
            return wait_s
        self._full_at[tool] = full_at
        return 0.0

    async def report(self, reports: Sequence[Report]) -> None:
        now = self.clock()
        with self._lock:
            for report in reports:
                if isinstance(report, Ran):
                    self._count_run(report, now)
                else:
                    self._count_look(report, now)

    def _count_run(self, ran: Ran, now: float) -> None:
        if ran.outcome:
            minute = int(now // 60)
            for old in [key for key in self._minutes if key <= minute - HEALTH_MINUTES]:
                del self._minutes[old]
            self._minutes.setdefault(minute, Counter())[ran.tool, run_kind(ran.outcome)] += 1
        rest = self._rests.get(ran.tool)
        if rest and ran.probe:
            self._end_probe(rest, ran, now)
        elif not rest and ran.failed is not None and self._trips(ran.tool, ran.policy, ran.failed, now):
            self._rests[ran.tool] = _Rest(now + ran.policy.cooldown_s)

    def _end_probe(self, rest: _Rest, ran: Ran, now: float) -> None:
        rest.probe_until = 0.0
        if ran.failed:
            rest.open_until = now + ran.policy.cooldown_s
        elif ran.failed is not None:
            del self._rests[ran.tool]

    def _trips(self, tool: str, policy: BreakerPolicy, failed: bool, now: float) -> bool:
        slot = math.floor(now / policy.window_s * WINDOW_SLOTS)
        window = self._windows.setdefault(tool, {})
        for old in [key for key in window if not slot - WINDOW_SLOTS < key <= slot]:
            del window[old]
        counts = window.setdefault(slot, [0, 0])
        counts[0] += 1
        counts[1] += failed
        total = sum(count for count, _ in window.values())
        failures = sum(count for _, count in window.values())
        if failures < policy.failures or failures < policy.share * total:
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

    def _count_look(self, look: Looked, now: float) -> None:
        self._cache_counts[look.tool, "hits" if look.hit else "misses"] += 1
        if look.value is not None:
            self._keep(look, now)
        elif look.hit and (kept := self._cache.get(look.key)):
            kept.hits += self.access_tracking
            if self.lru:
                self._cache.move_to_end(look.key)

    def _keep(self, look: Looked, now: float) -> None:
        assert look.value is not None
        self._cache[look.key] = _Kept(look.tool, look.value, now + look.ttl_s)
        self._cache.move_to_end(look.key)
        while len(self._cache) > self.max_results:
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


def run_kind(outcome: Outcome) -> str:
    """The field of ``RunCounts`` that *outcome* counts under."""
    if outcome in SUCCEEDED:
        return "succeeded"
    return "broken" if outcome in BREAKING else "returned"


# The layers that say that the tool, or what it depends on, is out of order. A tool that returns a failure or
# is given bad arguments has answered: neither opens its breaker.
BREAKING = frozenset({Outcome.TIMEOUT, Outcome.PROVIDER, Outcome.TOOL_BUG})


def run_counts(summed: Mapping[tuple[str, str], int]) -> dict[str, RunCounts]:
    """Counts by (tool, kind) as one ``RunCounts`` a tool."""
    tools: dict[str, dict[str, int]] = {}
    for (tool, kind), count in summed.items():
        tools.setdefault(tool, {})[kind] = count
    return {tool: RunCounts(**counts) for tool, counts in tools.items()}


def cache_statistics(counts: Mapping[tuple[str, str], int], sizes: Mapping[str, int]) -> dict[str, Any]:
    """The shape of the statistics from counts by (tool, hits | misses | evictions) and results kept by tool."""
    by_tool: dict[str, dict[str, Any]] = {}
    for tool in sorted({tool for tool, _ in counts} | set(sizes)):
        hits, misses = counts.get((tool, "hits"), 0), counts.get((tool, "misses"), 0)
        by_tool[tool] = {
            "hits": hits,
            "misses": misses,
            "hit_rate": hit_rate(hits, misses),
            "evictions": counts.get((tool, "evictions"), 0),
            "size": sizes.get(tool, 0),
        }
    totals = {name: sum(row[name] for row in by_tool.values()) for name in ("hits", "misses", "evictions", "size")}
    return {**totals, "hit_rate": hit_rate(totals["hits"], totals["misses"]), "by_tool": by_tool}


def hit_rate(hits: int, misses: int) -> float:
    return round(hits / (hits + misses), 4) if hits + misses else 0.0
