"""Shares compared: the interval by bets on the assignment, exact from the first unit on, at any split."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from tools.llm.experiments.statistics import bets, sums
from tools.llm.experiments.statistics.estimates import Estimate, Question, Values
from tools.llm.experiments.statistics.outcomes import UnitOutcome

METHOD = "bets on the assignment, exact at any moment"
# So many digits of a unit's value count, that a month of units has few values to bet on.
DIGITS = 3


class Gathered:
    """Values of units counted by stratum and day, as they become settled."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._places = {stratum.number: place for place, stratum in enumerate(question.strata)}
        self._counts: dict[tuple[int, int], tuple[Counter[float], Counter[float]]] = {}

    def add(self, units: Iterable[UnitOutcome]) -> None:
        metric = self._question.metric
        for unit in self._question.units(units):
            value = metric.value(unit)
            if value is None:
                continue
            if not 0 <= value <= 1:
                raise ValueError(f"The {metric.title} is a share from 0 to 1, and a unit has {value:g}.")
            key = self._places[unit.stratum], unit.at.toordinal()
            if key not in self._counts:
                self._counts[key] = Counter(), Counter()
            self._counts[key][unit.arm == self._question.arm][round(value, DIGITS)] += 1

    def estimate(self) -> Estimate:
        asked, blocks = self._question, self._blocks()
        low, high = bets.interval(bets.rounds_of(blocks, asked.base), asked.alpha)
        values = values_of(blocks)
        if values:
            low, high = min(low, values.effect), max(high, values.effect)
        return Estimate(
            metric=asked.metric,
            control=asked.control,
            arm=asked.arm,
            alpha=asked.alpha,
            method=METHOD,
            split=asked.split,
            control_units=sum(sum(block.control.values()) for block in blocks),
            arm_units=sum(sum(block.arm.values()) for block in blocks),
            values=values,
            low=low,
            high=high,
            note="" if values else "An interval begins when both arms have units in one step of the ramp.",
        )

    def _blocks(self) -> list[bets.Block]:
        """In the order of time."""
        asked = self._question
        shares = [stratum.share(asked.control, asked.arm) for stratum in asked.strata]
        return [bets.Block(key[0], shares[key[0]], *self._counts[key]) for key in sorted(self._counts)]


def values_of(blocks: Sequence[bets.Block]) -> Values | None:
    """The arms' means over strata, each with the weight of ``sums``; None where no stratum has both arms."""
    strata: dict[int, list[sums.Sums]] = {}
    for block in blocks:
        both = strata.setdefault(block.stratum, [sums.Sums(), sums.Sums()])
        for place, values in enumerate((block.control, block.arm)):
            both[place] += summed(values)
    found = sums.combined([sums.difference(*both) for both in strata.values() if all(arm.n for arm in both)])
    return Values(found.control, found.control + found.effect, found.effect) if found else None


def summed(values: Mapping[float, int]) -> sums.Sums:
    n, total = sum(values.values()), sum(value * count for value, count in values.items())
    squares = sum(value * value * count for value, count in values.items())
    return sums.Sums(n, total, n, squares, n, total)
