"""What an experiment may be about: how each metric is read from a unit, and which way is good."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import log

from tools.llm.experiments.statistics.outcomes import UnitOutcome

# What of a unit is counted: a numerator and a denominator.
Parts = tuple[float, float]


class Kind(StrEnum):
    """How units become a figure, which decides the method."""

    SHARE = "share"  # the mean over units of a value from 0 to 1; arms differ by points
    TIME = "time"  # the geometric mean over units; arms differ by a factor
    RATIO = "ratio"  # one sum over units by another; arms differ by a factor


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure of an arm. Effects of shares are differences (0.02 is 2 points more), of others relative changes
    (0.1 is 10 % more). ``parts`` gives None for a unit that has no value."""

    name: str
    title: str
    kind: Kind
    higher_is_better: bool
    parts: Callable[[UnitOutcome], Parts | None]

    def value(self, unit: UnitOutcome) -> float | None:
        """A unit's value, for metrics that are means over units."""
        parts = self.parts(unit)
        return parts[0] / parts[1] if parts and parts[1] else None


def success(unit: UnitOutcome) -> Parts | None:
    return (unit.successes, unit.calls) if unit.calls else None


def first_try(unit: UnitOutcome) -> Parts | None:
    return (unit.first_try, unit.calls) if unit.calls else None


def feedback(unit: UnitOutcome) -> Parts | None:
    return (unit.feedback, 1.0) if unit.feedback is not None else None


def latency(unit: UnitOutcome) -> Parts | None:
    return (log(unit.latency_ms), 1.0) if unit.latency_ms else None


def cost(unit: UnitOutcome) -> Parts | None:
    return (unit.cost_usd, unit.successes) if unit.cost_usd is not None else None


METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("success", "success of tool calls", Kind.SHARE, True, success),
        Metric("first_try", "success at the first try", Kind.SHARE, True, first_try),
        Metric("feedback", "feedback", Kind.SHARE, True, feedback),
        Metric("latency", "latency", Kind.TIME, False, latency),
        Metric("cost_per_success", "cost a success", Kind.RATIO, False, cost),
    )
}
