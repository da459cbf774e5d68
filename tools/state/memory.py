"""Shared state of one process: what stages fall back to while Valkey is away, and the reference in tests."""

import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any

from tools.state.base import Admission, BreakerState, CacheOptions, HearDropped, Question, Report, RunCounts
from tools.state.breakers.part import MemoryBreakers
from tools.state.buckets.lease import Wish
from tools.state.buckets.part import MemoryBuckets
from tools.state.idempotency.part import MemoryIdempotency
from tools.state.notes import MemoryNotes
from tools.state.outcomes.part import MemoryOutcomes
from tools.state.part import MemoryPart
from tools.state.quotas.part import MemoryQuotas
from tools.state.quotas.quota import Quota, Used
from tools.state.results.part import MemoryResults
from tools.state.slots.part import MemorySlots
from tools.state.slots.slot import Exchange, Exchanged, InUse


class MemoryState:
    """The parts in memory, in the order of ``parts.py``. *clock* is in seconds."""

    def __init__(self, clock: Callable[[], float] = time.time, cache: CacheOptions | None = None) -> None:
        self._clock = clock
        self._results = MemoryResults(cache or CacheOptions())
        self._breakers = MemoryBreakers()
        self._outcomes = MemoryOutcomes()
        self._quotas = MemoryQuotas()
        self._buckets = MemoryBuckets()
        self._slots = MemorySlots()
        self._notes = MemoryNotes()
        self._parts: list[MemoryPart] = [
            MemoryIdempotency(),
            self._results,
            self._breakers,
            self._quotas,
            self._buckets,
            self._slots,
            self._outcomes,
        ]
        self._lock = Lock()  # event loops of several threads share one process's state

    async def ask(self, question: Question) -> Admission:
        now = self._clock()
        with self._lock:
            for part in self._parts:
                if ending := part.look(question, now):
                    return ending
            admission = Admission()
            for part in self._parts:
                admission = part.take(question, admission, now)
        return admission

    async def report(self, reports: Sequence[Report]) -> None:
        now = self._clock()
        with self._lock:
            for part in self._parts:
                part.report(reports, now)

    def breaker_state(self, tool: str) -> BreakerState:
        return self._breakers.state(tool, self._clock())

    def breaker_rest_s(self, tool: str) -> float:
        return self._breakers.rest_s(tool, self._clock())

    async def cache_statistics(self) -> dict[str, Any]:
        with self._lock:
            return self._results.statistics(self._clock())

    async def cache_top(self, limit: int) -> list[dict[str, Any]]:
        with self._lock:
            return self._results.top(limit, self._clock())

    async def cache_drop(self, tags: Sequence[str]) -> int:
        with self._lock:
            return self._results.drop(tags, self._clock())

    def hear_dropped(self, hear: HearDropped) -> None:
        self._results.hearers.append(hear)

    async def lease(self, process: str, wishes: Sequence[Wish]) -> list[int]:
        now = self._clock()
        with self._lock:
            return self._buckets.lease(process, wishes, now)

    async def quotas_used(self, quotas: Sequence[Quota]) -> list[Used]:
        with self._lock:
            return self._quotas.used(quotas, self._clock())

    async def exchange_slots(self, asked: Exchange) -> Exchanged:
        with self._lock:
            return self._slots.exchange(asked, self._clock())

    async def slots_in_use(self, tools: Sequence[str]) -> Mapping[str, InUse]:
        with self._lock:
            return self._slots.in_use(tools, self._clock())

    async def run_counts(self) -> Mapping[str, RunCounts]:
        with self._lock:
            return self._outcomes.counts(self._clock())

    async def claim(self, name: str, hold_s: float) -> bool:
        with self._lock:
            return self._notes.claim(name, hold_s, self._clock())

    async def post(self, notes: Mapping[str, bytes]) -> None:
        with self._lock:
            self._notes.notes.update(notes)

    async def notes(self) -> Mapping[str, bytes]:
        with self._lock:
            return dict(self._notes.notes)
