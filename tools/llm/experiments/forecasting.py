"""Before the start: what today's traffic can find. Queries."""

from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from tools.llm.experiments.judging import ALPHA
from tools.llm.experiments.models import Run
from tools.llm.experiments.plan import Plan
from tools.llm.experiments.planning import plan_of
from tools.llm.experiments.saying import counted
from tools.llm.experiments.statistics.metrics import METRICS, Kind
from tools.llm.experiments.statistics.planning import Traffic, days_needed, smallest_effect
from tools.llm.experiments.statistics.verdicts import shared_alpha
from tools.llm.experiments.subjects import KINDS

USUAL = 0.9
LONG_DAYS = 28


class Sessions(Protocol):
    """How many there were a day, and what their calls came to."""

    sessions_a_day: float
    calls: int
    succeeded: int


def forecast(run: Run, now: datetime) -> dict[str, Any]:
    """What is known before *run* starts: units a day, the base, and the smallest effect that can be found.

    Users are fewer than conversations, so for a unit of users it is the most there can be.
    """
    by = KINDS[run.kind].traffic(run.subject)
    sessions: Sessions = import_string(settings.EXPERIMENT_TRAFFIC)(by.prompt, by.tool, now, by.models)
    base = sessions.succeeded / sessions.calls if sessions.calls else None
    return {"base": base, "calls": sessions.calls, **of_plan(plan_of(run), sessions.sessions_a_day, base)}


def of_plan(plan: Plan, units_a_day: float, base: float | None) -> dict[str, Any]:
    """Pure. For shares alone: what times and costs differ by from unit to unit is not known before."""
    control, arm = plan.arms[0], plan.arms[1]
    whole = sum(each.weight for each in plan.arms)
    both = units_a_day * plan.ramp[-1].share * (control.weight + arm.weight) / whole
    found: dict[str, Any] = {"units_a_day": round(units_a_day, 1), "units_a_day_in_two_arms": round(both, 1)}
    if METRICS[plan.metric].kind is not Kind.SHARE or both <= 0:
        return found
    level = min(max(USUAL if base is None else base, 0.01), 0.99)
    alpha = shared_alpha(ALPHA, len(plan.arms) - 1)
    traffic = Traffic(both, level, arm.weight / (control.weight + arm.weight), alpha)
    days = max(plan.minimum_days, 1)
    return found | {
        "smallest_effect": smallest_effect(traffic, days),
        "smallest_effect_of_four_weeks": smallest_effect(traffic, LONG_DAYS),
        "days": days,
        "days_for_margin": days_needed(traffic, plan.margin) if plan.margin else None,
    }


def in_words(found: dict[str, Any]) -> str:
    """One sentence for people."""
    if not found["units_a_day_in_two_arms"]:
        return "No conversation came to this in the last week: nothing can be found at today's traffic."
    said = f"At today's traffic ({found['units_a_day']:,g} units a day) "
    if "smallest_effect" not in found:
        return f"{said}{found['units_a_day_in_two_arms']:,g} units a day come to two arms."
    effect, long = found["smallest_effect"], found["smallest_effect_of_four_weeks"]
    days = f"{counted(found['days'], 'day')} {'finds' if found['days'] == 1 else 'find'}"
    said += f"{days} a gain of {points(effect)}, four weeks one of {points(long)}"
    needed = found["days_for_margin"]
    return f"{said}; the margin takes {'more than a year' if needed is None else counted(needed, 'day')}."


def points(effect: float | None) -> str:
    return "no size" if effect is None else f"{effect * 100:.1f} points"
