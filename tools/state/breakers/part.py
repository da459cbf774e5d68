"""Breakers of all processes, what this one has heard of them, and their twin in memory."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tools.definition.policy import BreakerHold, BreakerPolicy
from tools.state.base import US, Admission, BreakerState, Decided, Question, Ran, Report
from tools.state.breakers.sums import MOST_COOLDOWNS, Counts, Runs, probe_worked
from tools.state.part import MemoryPart, ValkeyPart


class ValkeyBreakers(ValkeyPart):
    """The part for Valkey's scripts."""

    name = "breakers"

    def arguments(self, question: Question, prefix: str) -> tuple[str, ...]:
        if question.breaker_hold is BreakerHold.CLOSED:
            return ()
        lease_us = repr(question.probe_lease_s * US)
        return (f"{prefix}resting", question.breaker_hold, lease_us, str(question.probes))

    def ended(self, *values: Any) -> Admission:
        return Admission(breaker=BreakerState.OPEN, retry_after_s=values[0] / US)

    def granted(self, admission: Admission, value: Any) -> Admission:
        return replace(admission, breaker=BreakerState.HALF_OPEN, probe=value.decode())

    def sums(self, reports: Sequence[Report], values: list[bytes]) -> Any:
        sums = Runs.of(reports)
        if not sums.probes and not sums.runs and not sums.decided:
            return None
        return {
            "probes": [
                [
                    probe.tool,
                    _verdict(probe),
                    *probe.probe.split(),
                    probe.policy.cooldown_s * US,
                    probe.policy.probes,
                ]
                for probe in sums.probes
            ],
            "runs": [_run(tool, policy, counts) for tool, (policy, counts) in sums.runs.items()],
            "decided": [[each.tool, each.open, each.policy.cooldown_s * US] for each in sums.decided],
        }


class Heard:
    """Which tools are said to rest, and until when by our clock: known without asking."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def hear(self, tool: str, rest_us: int) -> None:
        """*tool* rests for *rest_us* microseconds; below 0: no longer."""
        if rest_us < 0:
            self._until.pop(tool, None)
        else:
            self._until[tool] = self._clock() + rest_us / US

    def read(self, rests: dict[bytes, bytes], now_us: float) -> None:
        """All that is known in Valkey, in place of what was heard before."""
        self._until = {
            tool.decode(): self._clock() + (int(until.split()[0]) - now_us) / US for tool, until in rests.items()
        }

    def state(self, tool: str) -> BreakerState:
        until = self._until.get(tool)
        if until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self._clock() < until else BreakerState.HALF_OPEN

    def rest_s(self, tool: str) -> float:
        return max(0.0, self._until.get(tool, 0.0) - self._clock())


def _verdict(probe: Ran) -> str:
    worked = probe_worked(probe)
    return "unknown" if worked is None else "worked" if worked else "failed"


def _run(tool: str, policy: BreakerPolicy, counts: Counts) -> list[Any]:
    limits = (policy.failures, policy.share, policy.slow_share, policy.window_s * US, policy.cooldown_s * US)
    return [tool, counts.calls, counts.failures, counts.slow, *limits]


WINDOW_SLOTS = 10


@dataclass(slots=True)
class _Rest:
    """A breaker that is not closed."""

    until: float
    times: int = 0  # that a probe failed since the breaker opened
    worked: int = 0  # probes of this rest that succeeded
    leases: list[float] = field(default_factory=list)  # until when each probe that runs counts as one


class MemoryBreakers(MemoryPart):
    """The reference that the script in Valkey is tested against."""

    def __init__(self) -> None:
        self._rests: dict[str, _Rest] = {}
        self._windows: dict[str, dict[int, Counts]] = {}

    def look(self, question: Question, now: float) -> Admission | None:
        if question.breaker_hold is BreakerHold.OPEN:
            return Admission(breaker=BreakerState.OPEN)
        rest = self._rests.get(question.tool)
        if rest is None or question.breaker_hold is BreakerHold.CLOSED:
            return None
        running = [lease for lease in rest.leases if lease > now]
        if now < rest.until:
            return Admission(breaker=BreakerState.OPEN, retry_after_s=rest.until - now)
        if running and len(running) + rest.worked >= question.probes:
            return Admission(breaker=BreakerState.OPEN, retry_after_s=min(running) - now)
        return None

    def take(self, question: Question, admission: Admission, now: float) -> Admission:
        rest = self._rests.get(question.tool)
        if rest is None or question.breaker_hold is BreakerHold.CLOSED:
            return admission
        lease = now + question.probe_lease_s
        rest.leases = [*(lease for lease in rest.leases if lease > now), lease]
        return replace(admission, breaker=BreakerState.HALF_OPEN, probe=f"{rest.until!r} {lease!r}")

    def report(self, reports: Sequence[Report], now: float) -> None:
        sums = Runs.of(reports)
        for probe in sums.probes:
            self._end_probe(probe, now)
        for tool, (policy, counts) in sums.runs.items():
            if tool not in self._rests and self._count(tool, policy, counts, now).trip(policy):
                self._open(tool, policy, now)
        for decided in sums.decided:
            self._decide(decided, now)

    def state(self, tool: str, now: float) -> BreakerState:
        rest = self._rests.get(tool)
        if rest is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < rest.until else BreakerState.HALF_OPEN

    def rest_s(self, tool: str, now: float) -> float:
        rest = self._rests.get(tool)
        return max(0.0, rest.until - now) if rest else 0.0

    def _open(self, tool: str, policy: BreakerPolicy, now: float, times: int = 0) -> None:
        self._windows.pop(tool, None)
        self._rests[tool] = _Rest(now + policy.cooldown_s * min(2**times, MOST_COOLDOWNS), times)

    def _decide(self, decided: Decided, now: float) -> None:
        self._windows.pop(decided.tool, None)
        self._rests.pop(decided.tool, None)
        if decided.open:
            self._open(decided.tool, decided.policy, now)

    def _end_probe(self, probe: Ran, now: float) -> None:
        rest = self._rests.get(probe.tool)
        of, lease = map(float, probe.probe.split())
        if rest is None or rest.until != of:
            return  # a probe of a rest that is over says nothing about this one
        if lease in rest.leases:
            rest.leases.remove(lease)
        worked = probe_worked(probe)
        if worked is False:
            self._open(probe.tool, probe.policy, now, rest.times + 1)
        elif worked:
            rest.worked += 1
            if rest.worked >= probe.policy.probes:
                del self._rests[probe.tool]

    def _count(self, tool: str, policy: BreakerPolicy, counts: Counts, now: float) -> Counts:
        """Add to the tool's rolling window; what the window then holds."""
        slot = math.floor(now / policy.window_s * WINDOW_SLOTS)
        window = self._windows.setdefault(tool, {})
        for old in [key for key in window if not slot - WINDOW_SLOTS < key <= slot]:
            del window[old]
        window.setdefault(slot, Counts()).add(counts)
        summed = Counts()
        for part in window.values():
            summed.add(part)
        return summed
