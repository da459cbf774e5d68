"""Judgements in plain sentences: each with its figures, its interval and how many units it is of. Pure."""

from math import isfinite

from tools.llm.experiments.statistics.estimates import Estimate
from tools.llm.experiments.statistics.metrics import Kind, Metric
from tools.llm.experiments.statistics.mismatch import Mismatch
from tools.llm.experiments.statistics.verdicts import Guard, Verdict

VERDICTS = {
    Verdict.BETTER: "{arm} is better than {control}",
    Verdict.WORSE: "{arm} is worse than {control}",
    Verdict.EQUAL: "{arm} and {control} differ by no more than {margin}",
    Verdict.GO_ON: "Nothing can be told of {arm} yet",
    Verdict.USED_UP: "The run has ended, and nothing can be told of {arm}",
}
GUARDS = {
    Guard.BROKEN: "The guardrail is broken: {arm} is worse than {control} by more than {margin}",
    Guard.HOLDS: "The guardrail holds: {arm} is not worse than {control} by more than {margin}",
    Guard.UNKNOWN: "Nobody can tell yet whether {arm} is worse than {control} by more than {margin}",
}


def verdict(estimate: Estimate, word: Verdict, margin: float) -> str:
    return sentence(VERDICTS[word], estimate, margin)


def guardrail(estimate: Estimate, margin: float, word: Guard) -> str:
    return sentence(GUARDS[word], estimate, margin)


def sentence(words: str, estimate: Estimate, margin: float) -> str:
    said = words.format(arm=estimate.arm, control=estimate.control, margin=change(estimate.metric, margin, ""))
    return f"{said}. {figures(estimate)}"


def figures(estimate: Estimate) -> str:
    """``Feedback: 94.7 % against 90.6 % (+4.1 points, between +1.2 points and +5.8 points), 80 units of a …``"""
    metric, title = estimate.metric, estimate.metric.title.capitalize()
    if estimate.values is None:
        return f"{title}: {estimate.note}"
    values = f"{value(metric, estimate.values.arm)} against {value(metric, estimate.values.control)}"
    between = f"between {change(metric, estimate.low)} and {change(metric, estimate.high)}"
    units = f"{counted(estimate.control_units, 'unit')} of {estimate.control}"
    units += f" and {estimate.arm_units:,} of {estimate.arm}"
    return f"{title}: {values} ({change(metric, estimate.values.effect)}, {between}), {units}."


def counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def value(metric: Metric, number: float) -> str:
    if metric.kind is Kind.SHARE:
        return f"{100 * number:.1f} %"
    return f"{number:,.0f} ms" if metric.kind is Kind.TIME else f"${number:.4g}"


def change(metric: Metric, number: float, sign: str = "+") -> str:
    """A difference of shares in points, of others in percent."""
    if not isfinite(number):
        return "any"
    unit = "points" if metric.kind is Kind.SHARE else "%"
    return f"{100 * number:{sign}.1f} {unit}"


def mismatch(what: str, found: Mismatch) -> str:
    came = ", ".join(f"{arm} {n:,} of {found.expected[arm]:,.0f} expected" for arm, n in found.units.items())
    return (
        f"{what} came otherwise than the weights say ({came}), so the figures cannot be read: find out why first."
    )


def step_goes_on(step: int, units: int, least_units: int, hours: float, least_hours: float) -> str:
    return (
        f"Step {step + 1} of the ramp goes on: {units:,} of at least {counted(least_units, 'unit')} came, "
        f"in {hours:.0f} of at least {least_hours:.0f} h."
    )


def minimum(arm: str, days: float, least_days: int, units: int, least_units: int) -> str:
    return (
        f"{arm} is not promoted before the minimum run is over: {days:.0f} of {counted(least_days, 'day')}, "
        f"{units:,} of {counted(least_units, 'unit')} in the smaller arm."
    )
