"""When it began to go wrong: the point in the course of the calls from which on fewer went well. Pure.

The two-segment model that makes the calls likeliest (D. V. Hinkley, E. A. Hinkley: Inference about the change-
point in a sequence of binomial variables, Biometrika 57, 1970), where it explains them so much better than none
that the Bayesian information criterion prefers it. Where it does not, nothing tells good times from bad ones, and
the first bad call is what is known.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from math import log

# Of a step of time: its start, and the good calls among all.
Step = tuple[datetime, int, int]
# A change point more is two parameters more: where, and the share after it.
PARAMETERS = 2


def began(course: Sequence[Step]) -> datetime | None:
    """The start of the step with which the share of good calls fell, or of the first bad call; None without calls.

    *course* is in the order of time.
    """
    steps = [step for step in course if step[2]]
    if not steps:
        return None
    good = list(accumulate((step[1] for step in steps), initial=0))
    total = list(accumulate((step[2] for step in steps), initial=0))
    whole = likelihood(good[-1], total[-1])
    first_bad = next((place for place, (_, well, every) in enumerate(steps) if well < every), 0)
    best, at = PARAMETERS / 2 * log(total[-1]), first_bad
    for place in range(1, len(steps)):
        before, after = (good[place], total[place]), (good[-1] - good[place], total[-1] - total[place])
        if after[0] * before[1] >= before[0] * after[1]:
            continue  # it did not fall
        gain = likelihood(*before) + likelihood(*after) - whole
        if gain > best:
            best, at = gain, place
    return steps[at][0]


def likelihood(good: int, total: int) -> float:
    """The logarithm of the likelihood of *good* of *total* calls at their own share."""
    bad = total - good
    return (good * log(good / total) if good else 0.0) + (bad * log(bad / total) if bad else 0.0)
