"""By what is known of the case: a line for each member, and each as often as it is likely to be the best of it.

Linear Thompson sampling (Agrawal and Goyal, 2013): ridge regression of rewards on features for each member.
"""

from collections.abc import Sequence
from math import sqrt

from tools.selection.arms import PLAIN, Arm, Arms
from tools.selection.group import Group
from tools.selection.policies.base import Weighed
from tools.selection.policies.best_of import Normal, probabilities
from tools.selection.policies.thompson import thompson

# How far rewards lie from the line: of successes and failures half at most.
NOISE = 0.5


def contextual(group: Group, arms: Arms, features: Sequence[float]) -> Weighed:
    """Without features it is ``thompson``."""
    if not features:
        return thompson(group, arms, features)
    beliefs = [belief_of(arm, features) for arm in arms.values()]
    found = dict(zip(arms, probabilities(beliefs), strict=True))
    means = {name: belief.mean for name, belief in zip(arms, beliefs, strict=True)}
    case = ", ".join(f"{name}={value:g}" for name, value in zip(group.features, features, strict=True))

    def why(name: str) -> str:
        return (
            f"With {case} its reward is expected to be {means[name]:.2f}, "
            f"and it is the best with probability {found[name]:.2f}."
        )

    return Weighed(found, why)


def belief_of(arm: Arm, features: Sequence[float]) -> Normal:
    """What is believed of the reward of *arm* in a case with these *features*."""
    import numpy as np

    x = np.array([1.0, *features])
    size = len(x)
    products = np.eye(size)
    upper = np.triu_indices(size)
    count = len(upper[0])
    sums = arm.sums if len(arm.sums) > PLAIN else (0.0,) * (PLAIN + count + size)
    known = np.zeros((size, size))
    known[upper] = sums[PLAIN : PLAIN + count]
    products += known + np.triu(known, 1).T
    # The line begins at 0.5, as likely as not, and learns how far rewards are from that.
    rewards = np.array(sums[PLAIN + count :]) - 0.5 * known[0]  # the first row: how much of each was seen
    solved = np.linalg.solve(products, np.column_stack([rewards, x]))
    mean, variance = 0.5 + float(x @ solved[:, 0]), float(x @ solved[:, 1])
    return Normal(mean, NOISE * sqrt(max(variance, 0.0)))
