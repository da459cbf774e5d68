"""Who looks at what is running: reads what units came to, judges, keeps the look, and does what is his to do."""

import logging
from datetime import datetime
from typing import Any

from django.db import Error

from tools.llm.experiments import reading, running
from tools.llm.experiments.deciding import Decision, Promote, Stop, Widen, decided
from tools.llm.experiments.errors import ExperimentError
from tools.llm.experiments.judging import Judgement, Standing, judge
from tools.llm.experiments.models import Action, Look, Run, State
from tools.llm.experiments.plan import Plan
from tools.llm.experiments.planning import plan_of
from tools.llm.experiments.subjects import KINDS
from tools.llm.experiments.told import told

logger = logging.getLogger(__name__)
# What is assumed of a metric's level before the start, where nothing was measured.
USUAL = 0.9


def look_at_all(now: datetime) -> int:
    """Look at each run whose units may still change; how many. A run that cannot be read keeps nobody waiting."""
    runs = reading.to_read(now)
    for run in runs:
        try:
            look(run, now)
        except (Error, ExperimentError, TimeoutError, ValueError) as error:
            logger.error("The experiment %s could not be judged: %r", run, error)
    return len(runs)


def look(run: Run, now: datetime) -> Judgement:
    """Read, judge, keep it, and act on a run that is going on."""
    reading.refresh(run, now)
    plan = plan_of(run)
    judgement = judgement_of(run, plan, now)
    said = told(judgement)
    at = run.ended_at or now
    hour = at.replace(minute=0, second=0, microsecond=0)
    Look.objects.update_or_create(run=run, hour=hour, defaults={"at": at, "said": said})
    if run.state == State.RUNNING:
        act(run, decided(plan, judgement), said)
    return judgement


def judgement_of(run: Run, plan: Plan, now: datetime) -> Judgement:
    """What can be told of *run* now, by what was read. Two queries. Raises ExperimentError for a draft."""
    if run.started_at is None or run.step_began_at is None:
        raise ExperimentError(f"{run} has not started: there is nothing to judge.")
    standing = Standing(
        now=run.ended_at or now,
        started_at=run.started_at,
        step=run.step,
        step_began_at=run.step_began_at,
        has_ended=run.ended_at is not None,
    )
    units, places = reading.outcomes(run)
    dimensions = {"model": places} if KINDS[run.kind].by_model else {}
    return judge(plan, standing, units, dimensions, base_of(run))


def base_of(run: Run) -> float:
    """The share of calls that succeeded before the start, as the ledger has it."""
    entry = run.ledger.filter(action=Action.STARTED).last()
    base = entry.evidence.get("base") if entry else None
    return min(max(float(base), 0.01), 0.99) if base is not None else USUAL


def act(run: Run, decision: Decision, evidence: dict[str, Any]) -> None:
    """Do what was decided; raises ExperimentError where somebody else was first."""
    about: dict[str, Any] = {"by": running.JUDGE, "evidence": evidence}
    match decision:
        case Stop(reason):
            running.stop(run, reason=reason, **about)
        case Widen(reason):
            running.widen(run, reason=reason, **about)
        case Promote(arm, reason):
            running.promote(run, run.arms.get(label=arm), reason=reason, **about)
