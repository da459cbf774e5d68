"""How calls ended, added up for breakers: a breaker judges once a batch, first its probes, then the counts."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from telemetry.semconv import Outcome
from tools.definition.policy import BreakerPolicy
from tools.state.base import Decided, Ran, Report

# The layers that say that the tool, or what it depends on, is out of order. A tool that returns a failure or
# refuses its arguments has answered: neither opens its breaker.
BREAKING = frozenset({Outcome.TIMEOUT, Outcome.PROVIDER, Outcome.TOOL_BUG})
# How many times longer than at first a tool rests that keeps failing its probes.
MOST_COOLDOWNS = 8


@dataclass(slots=True)
class Counts:
    """Calls that ended, those of them that failed, and those that were slow; a call may be both."""

    calls: int = 0
    failures: int = 0
    slow: int = 0

    def add(self, other: "Counts") -> None:
        self.calls += other.calls
        self.failures += other.failures
        self.slow += other.slow

    def trip(self, policy: BreakerPolicy) -> bool:
        """Whether a tool of which the last window has these counts has to rest."""
        failing = self.failures >= policy.failures and self.failures >= policy.share * self.calls
        slowing = self.slow >= policy.failures and self.slow >= policy.slow_share * self.calls
        return failing or slowing


@dataclass(slots=True)
class Runs:
    """``runs`` holds counts by tool; probes and what admins decided are kept one by one."""

    probes: list[Ran] = field(default_factory=list)
    runs: dict[str, tuple[BreakerPolicy, Counts]] = field(default_factory=dict)
    decided: list[Decided] = field(default_factory=list)

    @classmethod
    def of(cls, reports: Iterable[Report]) -> "Runs":
        sums = cls()
        for report in reports:
            if isinstance(report, Ran):
                sums._add(report)
            elif isinstance(report, Decided):
                sums.decided.append(report)
        return sums

    def _add(self, ran: Ran) -> None:
        if ran.probe:
            self.probes.append(ran)
        elif ran.failed is not None:
            _, counts = self.runs.setdefault(ran.tool, (ran.policy, Counts()))
            counts.add(Counts(1, int(ran.failed), int(ran.slow)))


def probe_worked(probe: Ran) -> bool | None:
    """Whether a probe says that its tool is well again; None: it says nothing. A slow answer is none."""
    return None if probe.failed is None else not (probe.failed or probe.slow)
