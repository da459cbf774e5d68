"""Many reports as one: what shared state has to add up, in the form that it can take at once."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from telemetry.semconv import SUCCEEDED, Outcome
from tools.policy import BreakerPolicy
from tools.state.base import Looked, Ran, Report

# The layers that say that the tool, or what it depends on, is out of order. A tool that returns a failure or
# refuses its arguments has answered: neither opens its breaker.
BREAKING = frozenset({Outcome.TIMEOUT, Outcome.PROVIDER, Outcome.TOOL_BUG})


@dataclass(slots=True)
class Batch:
    """Sums of reports. A breaker judges once a batch: first its probes, then the counts."""

    probes: list[Ran] = field(default_factory=list)
    runs: dict[str, tuple[BreakerPolicy, list[int]]] = field(default_factory=dict)  # [calls, failures] by tool
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)  # by tool and field of RunCounts
    looks: Counter[tuple[str, str]] = field(default_factory=Counter)  # by tool and hits | misses
    hits: Counter[str] = field(default_factory=Counter)  # by key
    kept: dict[str, Looked] = field(default_factory=dict)  # by key

    @classmethod
    def of(cls, reports: Iterable[Report]) -> "Batch":
        batch = cls()
        for report in reports:
            if isinstance(report, Ran):
                batch._add_run(report)
            else:
                batch._add_look(report)
        return batch

    def _add_run(self, ran: Ran) -> None:
        if ran.outcome is not None:
            self.kinds[ran.tool, run_kind(ran.outcome)] += 1
        if ran.probe:
            self.probes.append(ran)
        elif ran.failed is not None:
            _, counts = self.runs.setdefault(ran.tool, (ran.policy, [0, 0]))
            counts[0] += 1
            counts[1] += ran.failed

    def _add_look(self, look: Looked) -> None:
        self.looks[look.tool, "hits" if look.hit else "misses"] += 1
        if look.hit:
            self.hits[look.key] += 1
        elif look.value is not None:
            self.kept[look.key] = look


def run_kind(outcome: Outcome) -> str:
    """The field of ``RunCounts`` that *outcome* counts under."""
    if outcome in SUCCEEDED:
        return "succeeded"
    return "broken" if outcome in BREAKING else "returned"
