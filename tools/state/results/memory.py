"""Kept results of one process."""

from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools.state.base import Admission, CacheOptions, Looked, Question, Report
from tools.state.results.sums import Looks
from tools.state.shapes import cache_statistics


@dataclass(slots=True)
class _Kept:
    tool: str
    value: bytes
    expires_at: float
    hits: int = 0


class Results:
    """The last used at the end."""

    def __init__(self, options: CacheOptions) -> None:
        self._options = options
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._counts: Counter[tuple[str, str]] = Counter()

    def look(self, question: Question, now: float) -> Admission | None:
        kept = self._kept.get(question.cache_key) if question.cache_key else None
        return Admission(cached=kept.value) if kept and kept.expires_at > now else None

    def take(self, question: Question, admission: Admission, now: float) -> Admission:
        return admission

    def report(self, reports: Sequence[Report], now: float) -> None:
        sums = Looks.of(reports)
        self._counts.update(sums.looks)
        for key, times in sums.hits.items():
            self._note_read(key, times)
        for look in sums.kept.values():
            self._keep(look, now)

    def statistics(self, now: float) -> dict[str, Any]:
        self._forget_expired(now)
        return cache_statistics(self._counts, Counter(kept.tool for kept in self._kept.values()))

    def top(self, limit: int, now: float) -> list[dict[str, Any]]:
        self._forget_expired(now)
        ranked = sorted(self._kept.items(), key=lambda item: (-item[1].hits, item[0]))[:limit]
        return [
            {"tool": kept.tool, "key": key, "hits": kept.hits, "expires_in_s": round(kept.expires_at - now, 1)}
            for key, kept in ranked
        ]

    def clear(self, tool: str | None) -> int:
        gone = [key for key, kept in self._kept.items() if tool is None or kept.tool == tool]
        for key in gone:
            del self._kept[key]
        return len(gone)

    def _note_read(self, key: str, times: int) -> None:
        if kept := self._kept.get(key):
            kept.hits += times * self._options.access_tracking
            if self._options.lru:
                self._kept.move_to_end(key)

    def _keep(self, look: Looked, now: float) -> None:
        assert look.value is not None
        self._kept[look.key] = _Kept(look.tool, look.value, now + look.ttl_s)
        self._kept.move_to_end(look.key)
        while len(self._kept) > self._options.max_results:
            _, gone = self._kept.popitem(last=False)
            self._counts[gone.tool, "evictions"] += 1

    def _forget_expired(self, now: float) -> None:
        for key in [key for key, kept in self._kept.items() if kept.expires_at <= now]:
            del self._kept[key]
