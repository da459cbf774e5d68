"""What a policy is. Pure: it says how likely each member is; the draw is made from just these probabilities.

So the probability that is logged with a decision is the one by which it was made, whatever the policy.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tools.selection.arms import Arms
from tools.selection.group import Group

# Less evidence than this is none: it has faded.
LEAST_EVIDENCE = 0.01


@dataclass(frozen=True, slots=True)
class Weighed:
    """How likely each member is, and why one would be chosen, in words."""

    probabilities: Mapping[str, float]
    why: Callable[[str], str]


class Policy(Protocol):
    def __call__(self, group: Group, arms: Arms, features: Sequence[float]) -> Weighed:
        """*arms* in the group's order, faded to now; *features* as ``group.features`` names them."""


@dataclass(frozen=True, slots=True)
class Choice:
    member: str
    probabilities: Mapping[str, float]
    reason: str

    @property
    def propensity(self) -> float:
        return self.probabilities[self.member]


def draw(weighed: Weighed, random: Callable[[], float]) -> Choice:
    """One member, by its probability."""
    point = random() * sum(weighed.probabilities.values())
    chosen = ""
    for member, probability in weighed.probabilities.items():
        if probability > 0:
            chosen = member
            point -= probability
            if point < 0:
                break
    return Choice(chosen, weighed.probabilities, weighed.why(chosen))


def untried(arms: Arms) -> list[str]:
    """Those without evidence."""
    return [name for name, arm in arms.items() if arm.n < LEAST_EVIDENCE]


def evenly(arms: Arms, among: Sequence[str]) -> dict[str, float]:
    return {name: 1 / len(among) if name in among else 0.0 for name in arms}


def said(arms: Arms) -> str:
    """The mean reward of each, for people."""
    return ", ".join(f"{name} {arm.mean:.2f} of {arm.n:.0f}" for name, arm in arms.items())
