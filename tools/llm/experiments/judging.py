"""The whole judgement of a run, of its plan and what its units came to: words, what may follow, and why. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from tools.llm.experiments import saying
from tools.llm.experiments.statistics import mismatch
from tools.llm.experiments.statistics.comparing import compare
from tools.llm.experiments.statistics.estimates import Estimate, Question
from tools.llm.experiments.statistics.metrics import METRICS
from tools.llm.experiments.statistics.mismatch import Mismatch
from tools.llm.experiments.statistics.outcomes import Stratum, UnitOutcome, settled
from tools.llm.experiments.statistics.verdicts import Guard, Verdict, guard, shared_alpha, verdict
from tools.llm.experiments.waiting import explained

ALPHA = 0.05
# A unit by a dimension: the value that it has there, its step and its arm.
Place = tuple[str, int, str]


class PlannedArm(Protocol):
    @property
    def label(self) -> str: ...
    @property
    def weight(self) -> float: ...


class PlannedGuardrail(Protocol):
    @property
    def metric(self) -> str: ...
    @property
    def margin(self) -> float: ...


class PlannedStep(Protocol):
    @property
    def minimum_units(self) -> int: ...
    @property
    def minimum_hours(self) -> float: ...


class Planned(Protocol):
    """What is read of a plan. The first arm is what others are compared with."""

    @property
    def arms(self) -> Sequence[PlannedArm]: ...
    @property
    def metric(self) -> str: ...
    @property
    def margin(self) -> float: ...
    @property
    def minimum_units(self) -> int: ...
    @property
    def minimum_days(self) -> int: ...
    @property
    def window_minutes(self) -> int: ...
    @property
    def guardrails(self) -> Sequence[PlannedGuardrail]: ...
    @property
    def ramp(self) -> Sequence[PlannedStep]: ...


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a run has come. One that has ended, and told nothing, has used up its budget."""

    now: datetime
    started_at: datetime
    step: int
    step_began_at: datetime
    has_ended: bool = False


@dataclass(frozen=True, slots=True)
class GuardJudged:
    margin: float
    estimate: Estimate
    word: Guard


@dataclass(frozen=True, slots=True)
class ArmJudged:
    """An arm against the control."""

    arm: str
    estimate: Estimate
    verdict: Verdict
    guards: tuple[GuardJudged, ...]

    @property
    def broken(self) -> list[GuardJudged]:
        return [each for each in self.guards if each.word is Guard.BROKEN]

    @property
    def open(self) -> list[GuardJudged]:
        return [each for each in self.guards if each.word is Guard.UNKNOWN]

    @property
    def may_win(self) -> bool:
        return self.verdict is Verdict.BETTER and all(each.word is Guard.HOLDS for each in self.guards)


@dataclass(frozen=True, slots=True)
class Split:
    """Whether units came as the weights say: all, those with a value in the primary metric, and by dimension."""

    exposed: Mismatch
    valued: Mismatch
    dimensions: Mapping[str, Mapping[str, Mismatch]]

    @property
    def doubts(self) -> list[str]:
        said = [saying.mismatch("Units", self.exposed)] if self.exposed.is_found else []
        for name, values in self.dimensions.items():
            said += [
                saying.mismatch(f"Units of {name} {value}", by) for value, by in values.items() if by.is_found
            ]
        if self.valued.is_found and not said:
            said = [saying.mismatch("Units that count in the metric", self.valued)]
        return said


@dataclass(frozen=True, slots=True)
class Judgement:
    """``stop`` is at once, also where figures cannot be read, for an arm may do harm. ``next_step`` and ``winner``
    are what may follow, None where nothing may. ``flags`` are how many units of each arm have which flag."""

    arms: tuple[ArmJudged, ...]
    split: Split
    flags: Mapping[str, Mapping[str, int]]
    stop: bool
    next_step: int | None
    winner: str | None
    reasons: tuple[str, ...]


def judge(
    plan: Planned,
    standing: Standing,
    units: Sequence[UnitOutcome],
    dimensions: Mapping[str, Iterable[Place]] | None = None,
    base: float = 0.9,
) -> Judgement:
    """What can be told of a run now; may be asked as often as one likes.

    *units* are all that were exposed; those whose window is not over yet count for the split alone. *base* is the
    control's share before the start.
    """
    counted = list(settled(units, standing.now, timedelta(minutes=plan.window_minutes)))
    split = split_of(plan, units, counted, dimensions or {})
    arms = tuple(judged(plan, arm.label, units, counted, standing.has_ended, base) for arm in plan.arms[1:])
    broken = [saying.guardrail(each.estimate, each.margin, each.word) for arm in arms for each in arm.broken]
    step, about_step = next_step(plan, standing, units, [*broken, *split.doubts])
    winner, about_winner = winner_of(plan, standing, arms, [*broken, *split.doubts])
    told = [] if split.doubts else [saying.verdict(arm.estimate, arm.verdict, plan.margin) for arm in arms]
    reasons = (*broken, *split.doubts, *told, about_winner, about_step)
    return Judgement(arms, split, flags_of(units), bool(broken), step, winner, tuple(filter(None, reasons)))


def strata_of(plan: Planned) -> list[Stratum]:
    """The steps of the ramp. In each of them arms have the same weights."""
    weights = {arm.label: arm.weight for arm in plan.arms}
    return [Stratum(step, weights) for step in range(max(len(plan.ramp), 1))]


def split_of(
    plan: Planned,
    units: Iterable[UnitOutcome],
    counted: Iterable[UnitOutcome],
    dimensions: Mapping[str, Iterable[Place]],
) -> Split:
    strata, primary = strata_of(plan), METRICS[plan.metric]
    valued = Counter((unit.stratum, unit.arm) for unit in counted if primary.parts(unit))
    return Split(
        mismatch.check(strata, Counter((unit.stratum, unit.arm) for unit in units)),
        mismatch.check(strata, valued),
        {name: mismatch.by_value(strata, places) for name, places in dimensions.items()},
    )


def judged(
    plan: Planned,
    arm: str,
    units: Sequence[UnitOutcome],
    counted: Sequence[UnitOutcome],
    has_ended: bool,
    base: float,
) -> ArmJudged:
    """An arm against the control. Comparisons share ALPHA in the primary metric, and once more in guardrails."""
    control, strata, others = plan.arms[0].label, strata_of(plan), len(plan.arms) - 1

    def estimate(metric: str, comparisons: int) -> Estimate:
        alpha = shared_alpha(ALPHA, comparisons)
        found = compare(Question(METRICS[metric], control, arm, strata, alpha, base), counted)
        return explained(found, units, counted, timedelta(minutes=plan.window_minutes), has_ended)

    guards = []
    for each in plan.guardrails:
        found = estimate(each.metric, others * len(plan.guardrails))
        guards.append(GuardJudged(each.margin, found, guard(found, each.margin)))
    primary = estimate(plan.metric, others)
    return ArmJudged(arm, primary, verdict(primary, plan.margin, has_ended), tuple(guards))


def next_step(
    plan: Planned, standing: Standing, units: Iterable[UnitOutcome], against: Sequence[str]
) -> tuple[int | None, str]:
    """The step of the ramp that may come now, and if none, why."""
    if standing.has_ended or standing.step + 1 >= len(plan.ramp):
        return None, ""
    if against:
        return None, "The ramp stays where it is, for the reasons above."
    step = plan.ramp[standing.step]
    came = sum(unit.stratum == standing.step for unit in units)
    hours = (standing.now - standing.step_began_at) / timedelta(hours=1)
    if came < step.minimum_units or hours < step.minimum_hours:
        return None, saying.step_goes_on(standing.step, came, step.minimum_units, hours, step.minimum_hours)
    return (
        standing.step + 1,
        f"Step {standing.step + 2} of the ramp may come: step {standing.step + 1} had its time.",
    )


def winner_of(
    plan: Planned, standing: Standing, arms: Sequence[ArmJudged], against: Sequence[str]
) -> tuple[str | None, str]:
    """The arm that may be promoted, and if one is better and may not be, why."""
    better = [arm for arm in arms if arm.verdict is Verdict.BETTER]
    if not better or against:
        return None, "Nothing is decided by these figures, for the reasons above." if better else ""
    held = [arm for arm in better if arm.may_win]
    if not held:
        open_still = [
            saying.guardrail(each.estimate, each.margin, each.word) for arm in better for each in arm.open
        ]
        return None, " ".join(open_still)
    days = (standing.now - standing.started_at) / timedelta(days=1)
    best = max(held, key=lambda arm: arm.estimate.gain)
    least = min(best.estimate.control_units, best.estimate.arm_units)
    if days < plan.minimum_days or least < plan.minimum_units:
        return None, saying.minimum(best.arm, days, plan.minimum_days, least, plan.minimum_units)
    return best.arm, f"{best.arm} may be promoted: it is better, its guardrails hold, and the minimum run is over."


def flags_of(units: Iterable[UnitOutcome]) -> dict[str, Counter[str]]:
    flags: dict[str, Counter[str]] = {}
    for unit in units:
        for flag in unit.flags:
            flags.setdefault(flag, Counter())[unit.arm] += 1
    return flags
