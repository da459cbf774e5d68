"""Bets on the assignment: which effects the values of units rule out, exactly and at any moment.

Someone who believes that the effect is at most ``null`` sells bets on it; who buys them grows rich only if that
is wrong. Of a unit that got the arm with chance ``p``, the score is ``(1 - p)(y - m)`` in the arm and ``-p(y -
m)`` in the control, where ``m`` is any number that was known before. Its mean is ``p(1 - p)`` times the effect,
whatever the level of ``y`` was just then: so steps of a ramp and drifts within one add up without harm, at any
split. Wealth is the mean over some stakes of the product of ``1 + stake (score - p(1 - p) null)``, a
supermartingale if the effect never was above ``null``; by Ville's inequality it ever reaches ``1 / alpha`` with a
chance of at most ``alpha``.

Betting is from I. Waudby-Smith and A. Ramdas, Estimating means of bounded random variables by betting, Journal of
the Royal Statistical Society B 86, 2024 (arXiv 2010.09686); scores by chances of assignment from D. Ham, I.
Bojinov, M. Lindon and M. Tingley, Design-based confidence sequences, 2022 (arXiv 2210.08639).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log, log1p

# The best stake is the effect by the variance of a value: from half a point at 50 % to 10 points at 90 %.
STAKES = (0.03, 0.1, 0.2, 0.38, 0.65, 1.1)
# What is bet on: an effect above the null, or below it.
ABOVE, BELOW = 0, 1
# No bet may lose more than this of what it has.
MOST = 0.9
# How much an earlier block counts beside the one after it, in the guess of the level.
MEMORY = 0.8
# How exactly the ends of an interval are found.
EXACT = 1e-4


@dataclass(frozen=True, slots=True)
class Block:
    """Units of one stratum and day: how many had which value from 0 to 1. ``share`` was the chance of the arm."""

    stratum: int
    share: float
    control: Mapping[float, int] = field(default_factory=dict)
    arm: Mapping[float, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Round:
    """A block's scores with how many units had each, and the stakes that are put on them, by side."""

    weight: float
    scores: tuple[tuple[float, int], ...]
    stakes: tuple[tuple[float, ...], tuple[float, ...]]

    def growth(self, null: float, side: int) -> list[float]:
        """By how much the logarithm of each stake's wealth grows."""
        sign, shift = (1 if side == ABOVE else -1), self.weight * null
        won = [(sign * (score - shift), n) for score, n in self.scores]
        return [sum([n * log1p(stake * by) for by, n in won]) for stake in self.stakes[side]]


def rounds_of(blocks: Iterable[Block], base: float) -> list[Round]:
    """What is bet on each block, by what was known before it: the level of earlier blocks, at first *base*."""
    rounds, total, n = [], base, 1.0
    for block in blocks:
        if 0 < block.share < 1:
            rounds.append(round_of(block, total / n))
        both = [*block.control.items(), *block.arm.items()]
        total = MEMORY * total + sum([value * count for value, count in both])
        n = MEMORY * n + sum([count for _, count in both])
    return rounds


def round_of(block: Block, level: float) -> Round:
    p, weight = block.share, block.share * (1 - block.share)
    # A null from -1 to 1 moves scores by as much as the weight.
    most_lost = max((1 - p) * level, p * (1 - level)) + weight
    most_won = max((1 - p) * (1 - level), p * level) + weight
    scores = [((1 - p) * (value - level), n) for value, n in block.arm.items()]
    scores += [(-p * (value - level), n) for value, n in block.control.items()]
    return Round(weight, tuple(scores), (stakes(MOST / most_lost), stakes(MOST / most_won)))


def stakes(limit: float) -> tuple[float, ...]:
    return STAKES if STAKES[-1] <= limit else tuple([min(stake, limit) for stake in STAKES])


def wealths(rounds: Iterable[Round], side: int, null: float = 0.0) -> Iterator[float]:
    """After each round the logarithm of the wealth of bets that the effect is above *null*, or below it."""
    logs = [0.0] * len(STAKES)
    for each in rounds:
        logs = [log_of + by for log_of, by in zip(logs, each.growth(null, side), strict=True)]
        yield log_mean(logs)


def log_mean(logs: Sequence[float]) -> float:
    """The logarithm of the mean of what *logs* are the logarithms of."""
    most = max(logs)
    return most + log(sum([exp(each - most) for each in logs]) / len(logs))


def interval(rounds: Sequence[Round], alpha: float) -> tuple[float, float]:
    """The effects that are not ruled out, with half of *alpha* for each end."""
    enough = log(2 / alpha)
    low = first(lambda null: wealth(rounds, ABOVE, null) < enough)
    high = -first(lambda minus: wealth(rounds, BELOW, -minus) < enough)
    return low, high


def wealth(rounds: Iterable[Round], side: int, null: float = 0.0) -> float:
    """The logarithm of the wealth of now."""
    grown = [each.growth(null, side) for each in rounds]
    return log_mean([sum(logs) for logs in zip(*grown, strict=True)]) if grown else 0.0


def first(kept: Callable[[float], bool]) -> float:
    """The least effect that is *kept*, from below. Wealth falls as the null rises, so all above it is kept."""
    low, high = -1.0, 1.0
    if kept(low):
        return low
    while high - low > EXACT:
        middle = (low + high) / 2
        low, high = (low, middle) if kept(middle) else (middle, high)
    return low
