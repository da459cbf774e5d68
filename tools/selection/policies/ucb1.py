"""The one that could be the best: its mean and what chance may have kept from it (Auer and others, 2002)."""

from collections.abc import Sequence
from math import log, sqrt

from tools.selection.arms import Arms
from tools.selection.group import Group
from tools.selection.policies.base import Weighed, evenly, untried


def ucb1(group: Group, arms: Arms, features: Sequence[float]) -> Weighed:
    """One member for certain: its probability is 1, so what it logs cannot be replayed by another policy."""
    if new := untried(arms):
        return Weighed(evenly(arms, new[:1]), lambda name: "Nothing is known of it yet: it is tried first.")
    total = sum(arm.n for arm in arms.values())
    # Where evidence fades all of it may be less than one call: the logarithm must not fall below 0.
    bonus = {name: sqrt(2 * log(1 + total) / arm.n) for name, arm in arms.items()}
    best = max(arms, key=lambda name: arms[name].mean + bonus[name])

    def why(name: str) -> str:
        mean, more = arms[name].mean, bonus[name]
        return f"Its mean reward {mean:.2f} may by chance be {more:.2f} too low: no other reaches as far."

    return Weighed(evenly(arms, [best]), why)
