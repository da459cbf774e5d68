"""Why there is no interval yet: nobody came, no window is over, or nobody has a value. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tools.llm.experiments.statistics.estimates import Estimate
from tools.llm.experiments.statistics.outcomes import SETTLES, UnitOutcome


def explained(
    estimate: Estimate, units: Sequence[UnitOutcome], counted: Sequence[UnitOutcome], over: timedelta, ended: bool
) -> Estimate:
    """*estimate* with the true reason where it has no interval. *units* are all, *counted* those whose window,
    of the length *over*, is over."""
    if estimate.values is not None:
        return estimate
    arms = (estimate.control, estimate.arm)
    for arm in arms:
        if not any(unit.arm == arm for unit in units):
            return replace(estimate, note=f"No unit was given {arm}{'' if ended else ' yet'}.")
    for arm in arms:
        if not any(unit.arm == arm for unit in counted):
            return replace(estimate, note=not_over(arm, units, over, ended))
    for arm in arms:
        if not any(unit.arm == arm and estimate.metric.parts(unit) for unit in counted):
            return replace(estimate, note=f"No unit of {arm} whose window is over has a value in this.")
    return estimate


def not_over(arm: str, units: Sequence[UnitOutcome], window: timedelta, ended: bool) -> str:
    if ended:
        return f"No unit's window of {arm} was over when the run ended."
    first = min(unit.at for unit in units if unit.arm == arm) + window + SETTLES
    return f"No unit's window of {arm} is over yet, so none counts: the first does at about {moment(first)}."


def moment(at: datetime) -> str:
    """To the minute that begins then."""
    return f"{at + timedelta(seconds=59):%-d %b %H:%M} UTC"
