"""Breakers of one process."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tools.policy import BreakerPolicy
from tools.state.base import Admission, BreakerState, Question, Ran, Report
from tools.state.breakers.sums import Runs

WINDOW_SLOTS = 10


@dataclass(slots=True)
class _Rest:
    """A breaker that is not closed."""

    open_until: float
    probe_until: float = 0.0


class Breakers:
    """The reference that the script in Valkey is tested against."""

    def __init__(self) -> None:
        self._rests: dict[str, _Rest] = {}
        self._windows: dict[str, dict[int, list[int]]] = {}

    def look(self, question: Question, now: float) -> Admission | None:
        rest = self._rests.get(question.tool)
        if rest and now < (until := max(rest.open_until, rest.probe_until)):
            return Admission(breaker=BreakerState.OPEN, retry_after_s=until - now)
        return None

    def take(self, question: Question, admission: Admission, now: float) -> Admission:
        rest = self._rests.get(question.tool)
        if rest is None:
            return admission
        rest.probe_until = now + question.probe_lease_s
        return replace(admission, breaker=BreakerState.HALF_OPEN)

    def report(self, reports: Sequence[Report], now: float) -> None:
        sums = Runs.of(reports)
        for probe in sums.probes:
            self._end_probe(probe, now)
        for tool, (policy, (calls, failures)) in sums.runs.items():
            if tool not in self._rests and self._trips(tool, policy, calls, failures, now):
                self._rests[tool] = _Rest(now + policy.cooldown_s)

    def state(self, tool: str, now: float) -> BreakerState:
        rest = self._rests.get(tool)
        if rest is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < rest.open_until else BreakerState.HALF_OPEN

    def rest_s(self, tool: str, now: float) -> float:
        rest = self._rests.get(tool)
        return max(0.0, rest.open_until - now) if rest else 0.0

    def _end_probe(self, probe: Ran, now: float) -> None:
        rest = self._rests.get(probe.tool)
        if rest is None:
            return
        rest.probe_until = 0.0
        if probe.failed:
            rest.open_until = now + probe.policy.cooldown_s
        elif probe.failed is not None:
            del self._rests[probe.tool]

    def _trips(self, tool: str, policy: BreakerPolicy, calls: int, failures: int, now: float) -> bool:
        """Add to the tool's rolling window; True if it now says that the tool has to rest."""
        slot = math.floor(now / policy.window_s * WINDOW_SLOTS)
        window = self._windows.setdefault(tool, {})
        for old in [key for key in window if not slot - WINDOW_SLOTS < key <= slot]:
            del window[old]
        counts = window.setdefault(slot, [0, 0])
        counts[0] += calls
        counts[1] += failures
        calls = sum(count for count, _ in window.values())
        failures = sum(count for _, count in window.values())
        if failures < policy.failures or failures < policy.share * calls:
            return False
        del self._windows[tool]
        return True
