"""How calls ended, added up for breakers: a breaker judges once a batch, first its probes, then the counts."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from telemetry.semconv import Outcome
from tools.policy import BreakerPolicy
from tools.state.base import Ran, Report

# The layers that say that the tool, or what it depends on, is out of order. A tool that returns a failure or
# refuses its arguments has answered: neither opens its breaker.
BREAKING = frozenset({Outcome.TIMEOUT, Outcome.PROVIDER, Outcome.TOOL_BUG})


@dataclass(slots=True)
class Runs:
    """``runs`` holds [calls, failures] by tool; probes are kept one by one."""

    probes: list[Ran] = field(default_factory=list)
    runs: dict[str, tuple[BreakerPolicy, list[int]]] = field(default_factory=dict)

    @classmethod
    def of(cls, reports: Iterable[Report]) -> "Runs":
        sums = cls()
        for report in reports:
            if isinstance(report, Ran):
                sums._add(report)
        return sums

    def _add(self, ran: Ran) -> None:
        if ran.probe:
            self.probes.append(ran)
        elif ran.failed is not None:
            _, counts = self.runs.setdefault(ran.tool, (ran.policy, [0, 0]))
            counts[0] += 1
            counts[1] += ran.failed
