"""A decision: what was chosen, how likely that was, why, and what its feedback will be counted by. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from tools.calls.chosen import Chosen
from tools.errors import InvalidArguments
from tools.selection.arms import Sums, row_of
from tools.selection.group import Group, Weights
from tools.selection.policies.base import Choice
from tools.selection.reward import Told, reward


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
    """The values of *features* in the group's order. Raises InvalidArguments for what is no number."""
    for name in group.features:
        value = features.get(name)
        if isinstance(value, str) or value is None or not isfinite(value):
            raise InvalidArguments(f"The feature {name[:80]!r} is no number: give one, such as 0.5, or 1 for yes.")
    return tuple(float(features[name]) for name in group.features)
