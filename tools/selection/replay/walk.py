"""How likely a policy would have made each logged decision, knowing what was known by then."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tools.selection.arms import Arm, row_of, width
from tools.selection.group import Group
from tools.selection.policies import POLICIES


@dataclass(frozen=True, slots=True)
class Logged:
    """A decision as it stands in the log; ``reward`` is None where nobody told of it."""

    member: str
    probabilities: Mapping[str, float]
    reward: float | None
    decided_at: float
    told_at: float | None = None
    features: tuple[float, ...] = ()
    left_out: frozenset[str] = frozenset()  # who could not be chosen then, by no policy

    @property
    def propensity(self) -> float:
        return self.probabilities[self.member]


@dataclass(frozen=True, slots=True)
class Step:
    """A logged decision whose reward is known, and the probabilities that the policy would have had for it."""

    logged: Logged
    wanted: Mapping[str, float]

    @property
    def weight(self) -> float:
        """How much likelier the policy would have decided so."""
        return self.wanted.get(self.logged.member, 0.0) / self.logged.propensity

    @property
    def reward(self) -> float:
        return self.logged.reward or 0.0


def always(member: str, group: Group) -> Mapping[str, float]:
    """What the policy wants that always chooses *member*."""
    return {name: float(name == member) for name in group.members}


def walked(group: Group, log: Iterable[Logged], fixed: str = "") -> list[Step]:
    """Each decision of *log*, oldest first, as ``group.policy`` would have made it (or always *fixed*).

    The policy learns from the log alone: from feedback that had arrived when the decision was made. It chooses
    among those who could be chosen then; where *fixed* could not be, the decision tells nothing of it.
    """
    ordered = sorted(log, key=lambda each: each.decided_at)
    told = sorted((each for each in ordered if each.told_at is not None), key=lambda each: each.told_at or 0.0)
    learner, learnt, steps = _Learner(group), 0, []
    for each in ordered:
        while learnt < len(told) and (told[learnt].told_at or 0.0) <= each.decided_at:
            learner.learn(told[learnt])
            learnt += 1
        if each.reward is not None and fixed not in each.left_out:
            wanted = always(fixed, group) if fixed else learner.wanted(each)
            steps.append(Step(each, wanted))
    return steps


class _Learner:
    """A policy that learns from the log."""

    def __init__(self, group: Group) -> None:
        self._group, self._policy = group, POLICIES[group.policy][0]
        none = Arm((0.0,) * width(len(group.features)))
        self._arms = dict.fromkeys(group.members, none)

    def learn(self, told: Logged) -> None:
        row = row_of(told.reward or 0.0, told.features)
        if told.member in self._arms:
            arm = self._arms[told.member]
            self._arms[told.member] = arm.with_one(row, told.told_at or 0.0, self._group.half_life_s)

    def wanted(self, each: Logged) -> Mapping[str, float]:
        half_life_s = self._group.half_life_s
        able = {name: arm for name, arm in self._arms.items() if name not in each.left_out}
        arms = {name: arm.faded(each.decided_at, half_life_s) for name, arm in able.items()}
        return self._policy(self._group, arms, each.features).probabilities


def same_members(log: Sequence[Logged], group: Group) -> list[Logged]:
    """Those decisions that were made among just the members of *group*, with its features."""
    members, features = set(group.members), len(group.features)
    return [each for each in log if set(each.probabilities) == members and len(each.features) == features]
