"""Breakers of all processes, and what this one has heard of them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tools.state.base import US, Admission, BreakerState, Question, Ran, Report
from tools.state.breakers.sums import Runs


class Breakers:
    """The part for Valkey's scripts."""

    name = "breakers"

    def arguments(self, question: Question, prefix: str) -> tuple[str, ...]:
        return (f"{prefix}rests", repr(question.probe_lease_s * US))

    def ended(self, *values: Any) -> Admission:
        return Admission(breaker=BreakerState.OPEN, retry_after_s=values[0] / US)

    def granted(self, admission: Admission, value: Any) -> Admission:
        return replace(admission, breaker=BreakerState.HALF_OPEN)

    def sums(self, reports: Sequence[Report], values: list[bytes]) -> Any:
        sums = Runs.of(reports)
        if not sums.probes and not sums.runs:
            return None
        return {
            "probes": [[probe.tool, _verdict(probe), probe.policy.cooldown_s * US] for probe in sums.probes],
            "runs": [
                [tool, *counts, policy.failures, policy.share, policy.window_s * US, policy.cooldown_s * US]
                for tool, (policy, counts) in sums.runs.items()
            ],
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
    return "unknown" if probe.failed is None else "failed" if probe.failed else "succeeded"
