"""What is wrong with a plan, a sentence each, at what of the plan it is. Pure.

What passes here can be stored and judged: numbers are finite and within bounds, names are names.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from tools.llm.experiments.plan import ArmPlan, Plan, Step
from tools.llm.experiments.statistics.metrics import METRICS, Kind

MOST_ARMS = 10
MOST_STEPS = 20
MOST_UNITS = 10_000_000
MOST_DAYS = 365
MOST_MINUTES = 30 * 24 * 60
LONGEST_LABEL = 40
LONGEST_VALUE = 80
WEIGHTS = (0.001, 1_000_000)
# A share cannot become worse by all of it; a time or a cost may by many times.
MOST_OF_A_SHARE, MOST_ELSE = 0.99, 100.0
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
Found = Iterator[tuple[str, str]]


def faults(plan: Plan) -> list[str]:
    """Why *plan* is none, a sentence each."""
    return [sentence for _, sentence in faults_at(plan)]


def faults_at(plan: Plan) -> Found:
    """Each with the name of what in *plan* it is about."""
    yield from _of_arms(plan.arms)
    yield from _of_metrics(plan)
    yield from _of_minimum(plan)
    yield from _of_ramp(plan.ramp)


def _of_arms(arms: Iterable[ArmPlan]) -> Found:
    arms = list(arms)
    if not 2 <= len(arms) <= MOST_ARMS:
        yield "arms", f"Two to {MOST_ARMS} arms are compared, and there are {len(arms)}."
    for arm in arms:
        if not is_name(arm.label):
            yield (
                "arms",
                f"An arm's label is of small letters, digits, - and _, a letter first, {LONGEST_LABEL} at most, "
                f"and not {str(arm.label)[:50]!r}.",
            )
        if not is_text(arm.value, LONGEST_VALUE):
            yield "arms", f"What an arm gives is named in 1 to {LONGEST_VALUE} letters."
    if not all(is_number(arm.weight, *WEIGHTS) for arm in arms):
        yield "arms", f"An arm's weight is a number above 0, from {WEIGHTS[0]:g} to {WEIGHTS[1]:,}."
    if len({arm.label for arm in arms}) < len(arms):
        yield "arms", "Each arm needs a label of its own."
    if len({arm.value for arm in arms}) < len(arms):
        yield "arms", "Each arm needs something of its own to compare: two that say the same cannot differ."


def _of_metrics(plan: Plan) -> Found:
    asked = [("margin", "metric", plan.metric, plan.margin)]
    asked += [("guardrails", "guardrails", each.metric, each.margin) for each in plan.guardrails]
    for at_margin, at_metric, metric, margin in asked:
        if metric not in METRICS:
            yield at_metric, f"There is no metric {str(metric)[:50]!r}; there are {', '.join(METRICS)}."
            continue
        most = MOST_OF_A_SHARE if METRICS[metric].kind is Kind.SHARE else MOST_ELSE
        if not is_number(margin, 0, most):
            yield at_margin, f"A margin is a number, 0 or more; of {metric} it is {most:g} at most."
    for metric, times in Counter(each.metric for each in plan.guardrails).items():
        if times > 1:
            yield (
                "guardrails",
                f"There is one guardrail a metric, and {metric} has {times}: keep the stricter one.",
            )


def _of_minimum(plan: Plan) -> Found:
    if not is_whole(plan.minimum_units, 0, MOST_UNITS):
        yield "minimum_units", f"The least units of an arm are a whole number, {MOST_UNITS:,} at most."
    if not is_whole(plan.minimum_days, 0, MOST_DAYS):
        yield "minimum_days", f"The least days are a whole number, {MOST_DAYS} at most."
    if not is_whole(plan.window_minutes, 1, MOST_MINUTES):
        yield (
            "window_minutes",
            f"A unit's calls count for a minute at least, {MOST_MINUTES:,} (30 days) at most, in whole minutes.",
        )


def _of_ramp(ramp: Iterable[Step]) -> Found:
    ramp = list(ramp)
    if not 1 <= len(ramp) <= MOST_STEPS:
        yield "ramp", f"A ramp has one step to {MOST_STEPS}."
    shares = [step.share for step in ramp]
    if not all(is_number(share, 0, 1) and share for share in shares):
        yield "ramp", "A step's share is above 0 and at most 1, which is all units."
    elif any(later <= before for before, later in pairwise(shares)):
        yield "ramp", "Each step of a ramp takes in more than the one before it."
    if not all(is_whole(step.minimum_units, 0, MOST_UNITS) for step in ramp):
        yield "ramp", f"A step's minimum is 0 or more: a whole number of units, {MOST_UNITS:,} at most."
    if not all(is_number(step.minimum_hours, 0, 24 * MOST_DAYS) for step in ramp):
        yield "ramp", f"A step's minimum is 0 or more: hours, {24 * MOST_DAYS:,} at most."


def is_number(given: Any, least: float, most: float) -> bool:
    """Nothing that is not finite lies between two numbers."""
    return isinstance(given, int | float) and not isinstance(given, bool) and least <= given <= most


def is_whole(given: Any, least: int, most: int) -> bool:
    return isinstance(given, int) and is_number(given, least, most)


def is_name(given: Any) -> bool:
    """As ``prompts.models.NAME`` has it."""
    return (
        is_text(given, LONGEST_LABEL) and given[0] in LETTERS and set(given) <= LETTERS | frozenset("0123456789_-")
    )


def is_text(given: Any, most: int) -> bool:
    """Something that can be stored in so many letters."""
    return isinstance(given, str) and 0 < len(given) <= most and "\0" not in given and is_utf8(given)


def is_utf8(text: str) -> bool:
    """Half a character of two is no text to Postgres."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)
