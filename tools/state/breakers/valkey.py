"""Breakers of all processes, and what this one has heard of them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tools.policy import BreakerHold, BreakerPolicy
from tools.state.base import US, Admission, BreakerState, Question, Ran, Report
from tools.state.breakers.sums import Counts, Runs, probe_worked
from tools.state.part import ValkeyPart


class Breakers(ValkeyPart):
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
