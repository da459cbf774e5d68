"""Shares compared: the interval by bets on the assignment, exact from the first unit on, at any split."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from tools.llm.experiments.statistics import bets, sums
from tools.llm.experiments.statistics.estimates import Estimate, Question, Values
from tools.llm.experiments.statistics.outcomes import UnitOutcome, split_in_words

METHOD = "bets on the assignment, exact at any moment"


def compare(question: Question, units: Iterable[UnitOutcome]) -> Estimate:
    """What *units*, all of them settled, say of a share."""
    blocks = blocks_of(question, question.units(units))
    low, high = bets.interval(bets.rounds_of(blocks, question.base), question.alpha)
    values = values_of(blocks)
    if values:
        low, high = min(low, values.effect), max(high, values.effect)
    return Estimate(
        question.metric,
        question.control,
        question.arm,
        question.alpha,
        METHOD,
        split_in_words(question.strata, question.control, question.arm),
        sum(sum(block.control.values()) for block in blocks),
        sum(sum(block.arm.values()) for block in blocks),
        values,
        low,
        high,
        "" if values else "An interval begins when both arms have units in one step of the ramp.",
    )


def blocks_of(question: Question, units: Iterable[UnitOutcome]) -> list[bets.Block]:
    """Values of units counted by stratum and day, in the order of time."""
    counts: dict[tuple[int, int], tuple[Counter[float], Counter[float]]] = defaultdict(
        lambda: (Counter(), Counter())
    )
    places = {stratum.number: place for place, stratum in enumerate(question.strata)}
    for unit in units:
        value = question.metric.value(unit)
        if value is None:
            continue
        if not 0 <= value <= 1:
            raise ValueError(f"The {question.metric.title} is a share from 0 to 1, and a unit has {value:g}.")
        key = (places[unit.stratum], unit.at.toordinal())
        counts[key][unit.arm == question.arm][value] += 1
    shares = [stratum.share(question.control, question.arm) for stratum in question.strata]
    return [bets.Block(key[0], shares[key[0]], *counts[key]) for key in sorted(counts)]


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
