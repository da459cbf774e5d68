"""A decision: what was chosen, how likely that was, why, and what its feedback will be counted by. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Any

from tools.calls.chosen import Chosen
from tools.errors import InvalidArguments
from tools.selection.arms import Sums, row_of
from tools.selection.group import Group, Weights, shown
from tools.selection.policies.base import Choice
from tools.selection.reward import Told, reward

# Beyond it a case would outweigh all others, and products of sums their precision.
MOST_VALUE = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """What of a decision its feedback needs, in whatever process it arrives."""

    series: str
    member: str
    decided_at: float  # seconds since 1970
    half_life_s: float
    weights: Weights
    features: tuple[float, ...] = ()

    def worth(self, told: Told) -> float:
        return reward(told, self.weights)

    def row(self, told: Told) -> Sums:
        """What is added to its member's sums."""
        return row_of(self.worth(told), self.features)

    def packed(self) -> str:
        weights = (self.weights.latency_per_s, self.weights.cost_per_usd)
        return json.dumps([self.series, self.member, self.decided_at, self.half_life_s, weights, self.features])

    @classmethod
    def unpacked(cls, text: str | bytes) -> "Counting":
        series, member, decided_at, half_life_s, weights, features = json.loads(text)
        return cls(
            series=series,
            member=member,
            decided_at=decided_at,
            half_life_s=half_life_s,
            weights=Weights(*weights),
            features=tuple(features),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """*shared* is whether all processes know of it; else Valkey was away, and this one goes by itself."""

    id: str
    group: str
    policy: str
    choice: Choice
    counting: Counting
    feature_names: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()  # members that could not be chosen
    feedback_within_s: float = 0.0
    shared: bool = True

    @property
    def member(self) -> str:
        return self.choice.member

    @property
    def chosen(self) -> Chosen:
        """What the span of its call says of it."""
        return Chosen(
            group=self.group,
            policy=self.policy,
            reason=self.choice.reason,
            decision_id=self.id,
            propensity=self.choice.propensity,
        )


def values_of(group: Group, features: Mapping[str, Any]) -> tuple[float, ...]:
    """The values of *features* in the group's order. Raises InvalidArguments for what cannot be weighed."""
    return tuple(_value_of(name, features.get(name)) for name in group.features)


def _value_of(name: str, value: Any) -> float:
    is_number = isinstance(value, Real)  # NumPy's are such, too
    if is_number and -MOST_VALUE <= value <= MOST_VALUE:
        return float(value)
    if is_number and (value < 0 or value > 0):  # not NaN, which is neither
        most = f"{MOST_VALUE:.0f} either way"
        raise InvalidArguments(f"The feature {shown(name)} is beyond {most}: give it in a larger unit, about 1.")
    raise InvalidArguments(f"The feature {shown(name)} is no number: give one, such as 0.5, or 1 for yes.")
