"""How the calls of one process ended in the last minutes."""

from collections import Counter
from collections.abc import Mapping, Sequence

from tools.state.base import HEALTH_MINUTES, Report, RunCounts
from tools.state.outcomes.sums import count_kinds
from tools.state.part import MemoryPart
from tools.state.shapes import run_counts


class Outcomes(MemoryPart):
    """Counters by minute. Asks nothing of a call."""

    def __init__(self) -> None:
        self._minutes: dict[int, Counter[tuple[str, str]]] = {}

    def report(self, reports: Sequence[Report], now: float) -> None:
        minute = int(now // 60)
        for old in [key for key in self._minutes if key <= minute - HEALTH_MINUTES]:
            del self._minutes[old]
        self._minutes.setdefault(minute, Counter()).update(count_kinds(reports))

    def counts(self, now: float) -> Mapping[str, RunCounts]:
        since = int(now // 60) - HEALTH_MINUTES
        summed: Counter[tuple[str, str]] = Counter()
        for minute, counts in self._minutes.items():
            if minute > since:
                summed.update(counts)
        return run_counts(summed)
