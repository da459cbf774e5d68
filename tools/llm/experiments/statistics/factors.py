"""Times and costs compared, as factors: a confidence sequence from sums, asymptotic, at any split."""

from collections.abc import Iterable
from math import exp, expm1, inf

from tools.llm.experiments.statistics import sums
from tools.llm.experiments.statistics.estimates import Estimate, Question, Values
from tools.llm.experiments.statistics.metrics import Kind, Parts
from tools.llm.experiments.statistics.outcomes import UnitOutcome, split_in_words

METHOD = "confidence sequence by normal mixture, asymptotic, from the variance of units"
# Beyond a factor of e to the 50th nothing is meant any more.
MOST = 50.0


def compare(question: Question, units: Iterable[UnitOutcome]) -> Estimate:
    """What *units*, all of them settled, say of a time or a cost."""
    counted = [both for both in by_stratum(question, units) if min(arm.n for arm in both) >= sums.LEAST_IN_STRATUM]
    of = sums.log_difference if question.metric.kind is Kind.RATIO else sums.difference
    differences = [of(*both) for both in counted]
    found = sums.combined([each for each in differences if each])
    n_control, n_arm = (sum(both[place].n for both in counted) for place in (0, 1))
    note, half = "", inf
    if min(n_control, n_arm) < sums.LEAST:
        note = f"An interval begins with {sums.LEAST} units an arm, of steps with {sums.LEAST_IN_STRATUM} in each."
    elif None in differences or not found:
        note = "One of the arms has no success, or costs nothing: there is nothing to compare."
    else:
        half = sums.radius(found, question.alpha)
    return Estimate(
        question.metric,
        question.control,
        question.arm,
        question.alpha,
        METHOD,
        split_in_words(question.strata, question.control, question.arm),
        n_control,
        n_arm,
        values_of(found) if found and not note else None,
        factor(found.effect - half) if found else -1.0,
        factor(found.effect + half) if found else inf,
        note,
    )


def by_stratum(question: Question, units: Iterable[UnitOutcome]) -> list[list[sums.Sums]]:
    """Sums of the control and the arm, of each stratum."""
    parts: dict[int, tuple[list[Parts], list[Parts]]] = {each.number: ([], []) for each in question.strata}
    for unit in question.units(units):
        part = question.metric.parts(unit)
        if part:
            parts[unit.stratum][unit.arm == question.arm].append(part)
    return [[sums.Sums.of(arm) for arm in both] for both in parts.values()]


def values_of(found: sums.Difference) -> Values:
    return Values(exp(found.control), exp(found.control + found.effect), factor(found.effect))


def factor(difference: float) -> float:
    """As a relative change: 0.1 is 10 % more."""
    return expm1(difference) if difference < MOST else inf
