"""That something was chosen out of a group: a call's tool, who is asked, what a prompt says; for its span."""

from dataclasses import dataclass
from typing import Any

from telemetry import semconv


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """*propensity* is the probability with which it was chosen, *reason* why, in words."""

    group: str
    policy: str
    reason: str
    decision_id: str
    propensity: float

    def attributes(self) -> dict[str, Any]:
        """What the span says of it."""
        return {
            semconv.SELECTION_GROUP: self.group,
            semconv.SELECTION_POLICY: self.policy,
            semconv.SELECTION_REASON: self.reason,
            semconv.SELECTION_DECISION_ID: self.decision_id,
            semconv.SELECTION_PROPENSITY: self.propensity,
        }
