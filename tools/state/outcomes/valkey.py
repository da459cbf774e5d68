"""How the calls of all processes ended in the last minutes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tools.state.base import HEALTH_MINUTES, Report, RunCounts
from tools.state.outcomes.sums import count_kinds
from tools.state.part import ValkeyPart
from tools.state.shapes import run_counts, split_field


class Outcomes(ValkeyPart):
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
