"""How calls ended in the last minutes: over all processes, and the twin in memory."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from telemetry.semconv import SUCCEEDED, Outcome
from tools.state.base import HEALTH_MINUTES, Ran, Report, RunCounts
from tools.state.breakers.sums import BREAKING
from tools.state.part import MemoryPart, ValkeyPart
from tools.state.shapes import run_counts, split_field


def count_kinds(reports: Iterable[Report]) -> Counter[tuple[str, str]]:
    """Calls by tool and field of ``RunCounts``."""
    return Counter(
        (report.tool, run_kind(report.outcome))
        for report in reports
        if isinstance(report, Ran) and report.outcome is not None
    )


def run_kind(outcome: Outcome) -> str:
    """The field of ``RunCounts`` that *outcome* counts under."""
    if outcome in SUCCEEDED:
        return "succeeded"
    return "broken" if outcome in BREAKING else "returned"


class ValkeyOutcomes(ValkeyPart):
    """The part for Valkey's scripts; asks nothing of a call."""

    name = "outcomes"

    def sums(self, reports: Sequence[Report], values: list[bytes]) -> Any:
        kinds = count_kinds(reports)
        return {f"{tool} {kind}": count for (tool, kind), count in kinds.items()} if kinds else None


async def read_counts(client: Any, prefix: str, now: float) -> Mapping[str, RunCounts]:
    """By tool, over the last five minutes."""
    async with client.pipeline(transaction=False) as pipe:
        for back in range(HEALTH_MINUTES):
            pipe.hgetall(f"{prefix}health:{int(now // 60) - back}")
        summed: Counter[tuple[str, str]] = Counter()
        for fields in await pipe.execute():
            summed.update({split_field(name): int(count) for name, count in fields.items()})
    return run_counts(summed)


class MemoryOutcomes(MemoryPart):
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
