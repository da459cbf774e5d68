"""Each member as often as it is likely to be the best (Thompson sampling)."""

from collections.abc import Sequence
from math import sqrt

from tools.selection.arms import Arm, Arms
from tools.selection.group import Group
from tools.selection.policies.base import LEAST_EVIDENCE, Weighed
from tools.selection.policies.best_of import Beta, Normal, probabilities


def thompson(group: Group, arms: Arms, features: Sequence[float]) -> Weighed:
    """Where the reward is success alone, by a Beta distribution each; else by a normal one."""
    if group.weights.are_none:
        shares = probabilities([beta_of(arm) for arm in arms.values()])
    else:
        shares = probabilities([normal_of(arm) for arm in arms.values()])
    found = dict(zip(arms, shares, strict=True))

    def why(name: str) -> str:
        arm = arms[name]
        known = (
            f"mean reward {arm.mean:.2f} of {arm.n:.0f}" if arm.n >= LEAST_EVIDENCE else "nothing is known of it"
        )
        return f"By what is known it is the best with probability {found[name]:.2f} ({known})."

    return Weighed(found, why)


def beta_of(arm: Arm) -> Beta:
    """What is believed of a share of successes, before which any was as likely."""
    good = min(max(arm.sums[1], 0.0), arm.n)
    return Beta(1 + good, 1 + arm.n - good)


def normal_of(arm: Arm) -> Normal:
    """What is believed of a mean reward; before that one call had come to 0.5, give or take 0.5."""
    n = arm.n + 1
    mean = (arm.sums[1] + 0.5) / n
    variance = (arm.squares + 0.25 + arm.n / n * (arm.mean - 0.5) ** 2) / n
    return Normal(mean, sqrt(variance / n))
