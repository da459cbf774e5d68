"""What is fixed of a run before it starts, as values. Pure; ``faults`` says what makes a plan one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


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


def guardrail_of(row: Mapping[str, Any]) -> Guardrail:
    return Guardrail(str(row["metric"]), float(row["margin"]))


def step_of(row: Mapping[str, Any]) -> Step:
    return Step(float(row["share"]), int(row.get("minimum_units", 0)), float(row.get("minimum_hours", 0.0)))
