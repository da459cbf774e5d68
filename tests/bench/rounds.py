"""Several things measured in alternation, so that what the machine does meanwhile falls on all of them alike."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


def alternate(runs: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """What each of *runs* gave in each round. One after the other, and then all again: A B A B …"""
    given: dict[str, list[T]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            given[name].append(run())
    return given


def p99(values: Sequence[float]) -> float:
    """What 99 of 100 *values* are not above."""
    return sorted(values)[len(values) * 99 // 100]


@dataclass(frozen=True, slots=True)
class Ratio:
    """Medians over the rounds, their ratio, and the least and the greatest ratio of one round."""

    ours: float
    theirs: float
    value: float
    least: float
    most: float


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """*ours* over *theirs*, each a figure a round. Raises ValueError if they had not the same rounds."""
    by_round = [one / other for one, other in zip(ours, theirs, strict=True)]
    one, other = statistics.median(ours), statistics.median(theirs)
    return Ratio(one, other, one / other, min(by_round), max(by_round))
