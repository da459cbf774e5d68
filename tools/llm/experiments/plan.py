"""What is fixed of a run before it starts, as values, and what makes a plan one. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import Any

from tools.llm.experiments.statistics.metrics import METRICS

MOST_ARMS = 10
MOST_STEPS = 20


@dataclass(frozen=True, slots=True)
class Guardrail:
    """An arm may be worse in *metric* by no more than *margin*, else the run is stopped."""

    metric: str
    margin: float

    def as_json(self) -> dict[str, Any]:
        return {"metric": self.metric, "margin": self.margin}


@dataclass(frozen=True, slots=True)
class Step:
    """Of the ramp: *share* of all units is in, until so many are and so much time is over."""

    share: float
    minimum_units: int = 0
    minimum_hours: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "share": self.share,
            "minimum_units": self.minimum_units,
            "minimum_hours": self.minimum_hours,
        }


RAMP = (Step(0.01, 20, 24), Step(0.1, 100, 24), Step(0.5))


@dataclass(frozen=True, slots=True)
class ArmPlan:
    """``value`` is a number of the prompt's versions, or the name of a deployment, a route or a tool."""

    label: str
    value: str | int
    weight: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", str(self.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that a run says before its start. The first of its arms is what others are compared with."""

    arms: Sequence[ArmPlan]
    metric: str = "success"
    margin: float = 0.02
    minimum_units: int = 400
    minimum_days: int = 7
    window_minutes: int = 60
    guardrails: Sequence[Guardrail] = ()
    ramp: Sequence[Step] = RAMP
    promotes_winner: bool = False


def faults(plan: Plan) -> list[str]:
    """Why *plan* is none, a sentence each."""
    return [*_of_arms(plan.arms), *_of_metrics(plan), *_of_ramp(plan.ramp)]


def _of_arms(arms: Sequence[ArmPlan]) -> Iterator[str]:
    if not 2 <= len(arms) <= MOST_ARMS:
        yield f"Two to {MOST_ARMS} arms are compared, and there are {len(arms)}."
    if len({arm.label for arm in arms}) < len(arms):
        yield "Each arm needs a label of its own."
    if len({arm.value for arm in arms}) < len(arms):
        yield "Each arm needs something of its own to compare: two that say the same cannot differ."
    if any(not isfinite(arm.weight) or arm.weight <= 0 for arm in arms):
        yield "An arm's weight is a number above 0."


def _of_metrics(plan: Plan) -> Iterator[str]:
    for metric in (plan.metric, *(each.metric for each in plan.guardrails)):
        if metric not in METRICS:
            yield f"There is no metric {metric!r}; there are {', '.join(METRICS)}."
    margins = [plan.margin, *(each.margin for each in plan.guardrails)]
    if any(not isfinite(margin) or margin < 0 for margin in margins):
        yield "A margin is a number, 0 or more."
    if plan.window_minutes < 1:
        yield "A unit's calls count for a minute at least."


def _of_ramp(ramp: Sequence[Step]) -> Iterator[str]:
    if not 1 <= len(ramp) <= MOST_STEPS:
        yield f"A ramp has one step to {MOST_STEPS}."
    shares = [step.share for step in ramp]
    if any(not 0 < share <= 1 for share in shares):
        yield "A step's share is above 0 and at most 1, which is all units."
    if any(later <= before for before, later in pairwise(shares)):
        yield "Each step of a ramp takes in more than the one before it."
    if any(step.minimum_units < 0 or step.minimum_hours < 0 for step in ramp):
        yield "A step's minimum is 0 or more."


def guardrail_of(row: Mapping[str, Any]) -> Guardrail:
    return Guardrail(str(row["metric"]), float(row["margin"]))


def step_of(row: Mapping[str, Any]) -> Step:
    return Step(float(row["share"]), int(row.get("minimum_units", 0)), float(row.get("minimum_hours", 0.0)))
