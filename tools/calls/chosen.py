"""That a call's tool was chosen out of a group of them: what its span says of that."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """*propensity* is the probability with which the tool was chosen, *reason* why, in words."""

    group: str
    policy: str
    reason: str
    decision_id: str
    propensity: float
