"""What an interval means, in one word, by margins that were fixed before the start."""

from enum import StrEnum

from tools.llm.experiments.statistics.estimates import Estimate


class Verdict(StrEnum):
    """Of an arm in the primary metric."""

    BETTER = "better"
    WORSE = "worse"
    EQUAL = "equal"  # whatever difference there is lies within the margin
    GO_ON = "go on"
    USED_UP = "budget used up"  # as long as was planned, and nothing told


class Guard(StrEnum):
    """Of an arm in a guardrail."""

    HOLDS = "holds"  # not worse by more than the margin
    BROKEN = "broken"  # worse by more than the margin
    UNKNOWN = "unknown"


def verdict(estimate: Estimate, margin: float, used_up: bool = False) -> Verdict:
    """Better or worse where 0 is ruled out, equal where all that is left lies within *margin* on both sides.

    Equal comes first: a difference that is real and too small to matter is no win. All of it is told from one
    interval, which holds at every moment, so the words need no correction for one another.
    """
    low, high = estimate.gain
    if -margin < low and high < margin:
        return Verdict.EQUAL
    if low > 0:
        return Verdict.BETTER
    if high < 0:
        return Verdict.WORSE
    return Verdict.USED_UP if used_up else Verdict.GO_ON


def guard(estimate: Estimate, margin: float) -> Guard:
    """Not inferior by more than *margin*: the same interval against another limit."""
    low, high = estimate.gain
    if high < -margin:
        return Guard.BROKEN
    return Guard.HOLDS if low > -margin else Guard.UNKNOWN


def shared_alpha(alpha: float, comparisons: int) -> float:
    """The chance of being wrong that each of several comparisons has, so that all have *alpha* (Bonferroni)."""
    return alpha / max(comparisons, 1)
