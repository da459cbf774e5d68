"""What calls found in the cache and what they leave there, added up."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tools.state.base import Looked, Report


@dataclass(slots=True)
class Looks:
    """``looks`` counts by tool and ``hits`` or ``misses``, ``hits`` by key; ``kept`` is by key."""

    looks: Counter[tuple[str, str]] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)
    kept: dict[str, Looked] = field(default_factory=dict)

    @classmethod
    def of(cls, reports: Iterable[Report]) -> "Looks":
        sums = cls()
        for report in reports:
            if isinstance(report, Looked):
                sums._add(report)
        return sums

    def _add(self, look: Looked) -> None:
        self.looks[look.tool, "hits" if look.hit else "misses"] += 1
        if look.hit:
            self.hits[look.key] += 1
        elif look.value is not None:
            self.kept[look.key] = look
