"""Times and costs compared, as factors: a confidence sequence from sums, asymptotic, at any split."""

from collections.abc import Iterable
from math import exp, expm1, inf

from tools.llm.experiments.statistics import sums
from tools.llm.experiments.statistics.estimates import Estimate, Question, Values
from tools.llm.experiments.statistics.metrics import Kind, Parts
from tools.llm.experiments.statistics.outcomes import UnitOutcome

METHOD = "confidence sequence by normal mixture, asymptotic, from the variance of units"
# Beyond a factor of e to the 50th nothing is meant any more.
MOST = 50.0


class Gathered:
    """Sums over units of the control and of the arm, of each stratum, as units become settled."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._sums = {stratum.number: [sums.Sums(), sums.Sums()] for stratum in question.strata}

    def add(self, units: Iterable[UnitOutcome]) -> None:
        parts: dict[tuple[int, bool], list[Parts]] = {}
        for unit in self._question.units(units):
            part = self._question.metric.parts(unit)
            if part:
                parts.setdefault((unit.stratum, unit.arm == self._question.arm), []).append(part)
        for (stratum, place), of_arm in parts.items():
            self._sums[stratum][place] += sums.Sums.of(of_arm)

    def estimate(self) -> Estimate:
        asked = self._question
        counted = [both for both in self._sums.values() if min(arm.n for arm in both) >= sums.LEAST_IN_STRATUM]
        of = sums.log_difference if asked.metric.kind is Kind.RATIO else sums.difference
        differences = [of(*both) for both in counted]
        found = sums.combined([each for each in differences if each])
        n_control, n_arm = (sum(both[place].n for both in counted) for place in (0, 1))
        note = ""
        if min(n_control, n_arm) < sums.LEAST:
            note = (
                f"An interval begins with {sums.LEAST} units an arm, in steps with {sums.LEAST_IN_STRATUM} each."
            )
        elif None in differences or not found:
            note = "One of the arms has no success, or costs nothing: there is nothing to compare."
        known = found if not note else None
        half = sums.radius(known, asked.alpha) if known else inf
        return Estimate(
            metric=asked.metric,
            control=asked.control,
            arm=asked.arm,
            alpha=asked.alpha,
            method=METHOD,
            split=asked.split,
            control_units=n_control,
            arm_units=n_arm,
            values=values_of(known) if known else None,
            low=factor(known.effect - half) if known else -1.0,
            high=factor(known.effect + half) if known else inf,
            note=note,
        )


def values_of(found: sums.Difference) -> Values:
    return Values(exp(found.control), exp(found.control + found.effect), factor(found.effect))


def factor(difference: float) -> float:
    """As a relative change: 0.1 is 10 % more."""
    return expm1(difference) if difference < MOST else inf
