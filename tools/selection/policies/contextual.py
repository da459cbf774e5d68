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
    beliefs = beliefs_of(list(arms.values()), features)
    found = dict(zip(arms, probabilities(beliefs), strict=True))
    means = {name: belief.mean for name, belief in zip(arms, beliefs, strict=True)}
    case = ", ".join(f"{name}={value:g}" for name, value in zip(group.features, features, strict=True))

    def why(name: str) -> str:
        return (
            f"With {case} its reward is expected to be {means[name]:.2f}, "
            f"and it is the best with probability {found[name]:.2f}."
        )

    return Weighed(found, why)


def beliefs_of(arms: Sequence[Arm], features: Sequence[float]) -> list[Normal]:
    """What is believed of the reward of each of *arms* in a case with these *features*."""
    import numpy as np

    x = np.array([1.0, *features])
    size = len(x)
    rows, columns = np.triu_indices(size)
    sums = np.array([arm.sums for arm in arms])
    products = np.zeros((len(arms), size, size))
    products[:, rows, columns] = products[:, columns, rows] = sums[:, PLAIN : PLAIN + len(rows)]
    # The line begins at 0.5, as likely as not, and learns how far rewards are from that; the first row of the
    # products is how much of each feature was seen.
    rewards = sums[:, PLAIN + len(rows) :] - 0.5 * products[:, 0]
    sides = np.stack([rewards, np.broadcast_to(x, rewards.shape)], axis=2)
    solved = x @ np.linalg.solve(products + np.eye(size), sides)
    return [Normal(0.5 + float(mean), NOISE * sqrt(max(float(variance), 0.0))) for mean, variance in solved]
