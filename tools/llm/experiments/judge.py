"""Who looks at what is running: reads what units came to, judges, keeps the look, and does what is his to do."""

import logging
from datetime import datetime
from typing import Any

from django.db import Error

from tools.llm.experiments import reading, running
from tools.llm.experiments.deciding import Decision, Promote, Stop, Widen, decided
from tools.llm.experiments.errors import ExperimentError
from tools.llm.experiments.figures import judgement_of, keep
from tools.llm.experiments.judging import Judgement
from tools.llm.experiments.models import Run
from tools.llm.experiments.planning import plan_of
from tools.llm.experiments.told import told

logger = logging.getLogger(__name__)


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
    """Read, judge, keep it, and act on a run that is going on.

    Of one that has ended, figures are kept as long as they change.
    """
    read = reading.refresh(run, now)
    plan = plan_of(run)
    judgement = judgement_of(run, plan, now)
    said = told(judgement)
    if run.ended_at is not None:
        if read or not run.looks.filter(at__gte=run.ended_at).exists():
            keep(run, now, said)
        return judgement
    decision = decided(plan, judgement)
    keep(run, now, said, is_decided_by=decision is not None)
    act(run, decision, said)
    return judgement


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
