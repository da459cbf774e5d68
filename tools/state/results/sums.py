"""What calls found in the cache and what they leave there, added up."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tools.state.base import Dropped, Look, Looked, Report


@dataclass(slots=True)
class Looks:
    """``looks`` counts by tool and kind, ``hits`` by key; ``kept`` is by key, ``ended`` are the keys fetched."""

    looks: Counter[tuple[str, str]] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)
    kept: dict[str, Looked] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    dropped: dict[str, None] = field(default_factory=dict)  # a set in order

    @classmethod
    def of(cls, reports: Iterable[Report]) -> "Looks":
        sums = cls()
        for report in reports:
            if isinstance(report, Looked):
                sums._add(report)
            elif isinstance(report, Dropped):
                sums.dropped.update(dict.fromkeys(report.tags))
        return sums

    def __bool__(self) -> bool:
        return bool(self.looks or self.dropped)

    def _add(self, looked: Looked) -> None:
        for kind in KINDS[looked.look]:
            self.looks[looked.tool, kind] += 1
        if looked.look.is_hit:
            self.hits[looked.key] += 1
            return
        self.ended.append(looked.key)
        if looked.value is not None:
            self.kept[looked.key] = looked


# Which counters of the statistics a look adds to.
KINDS: dict[Look, tuple[str, ...]] = {
    Look.HIT: ("hits",),
    Look.PROCESS: ("hits", "process_hits"),
    Look.STALE: ("hits", "stale_hits"),
    Look.JOINED: ("hits", "joined_hits"),
    Look.SEMANTIC: ("hits", "semantic_hits"),
    Look.MISS: ("misses",),
    Look.REFRESH: ("refreshes",),
}
