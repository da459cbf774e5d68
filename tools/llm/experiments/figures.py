"""What can be told of a run now, by what was read of its units; and which looks are kept. Queries."""

import logging
from datetime import datetime
from typing import Any

from django.db import Error, transaction

from tools.llm.experiments import reading
from tools.llm.experiments.errors import ExperimentError
from tools.llm.experiments.judging import Judgement, Standing, judge
from tools.llm.experiments.models import Action, Look, Run
from tools.llm.experiments.plan import Plan
from tools.llm.experiments.planning import plan_of
from tools.llm.experiments.slots import slot_of
from tools.llm.experiments.subjects import KINDS
from tools.llm.experiments.told import told

logger = logging.getLogger(__name__)
# What is assumed of a metric's level before the start, where nothing was measured.
USUAL = 0.9


def judgement_of(run: Run, plan: Plan, now: datetime) -> Judgement:
    """What can be told of *run* now, by what was read. Three queries. Raises ExperimentError for a draft."""
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


def keep(run: Run, now: datetime, said: dict[str, Any], *, is_decided_by: bool = False) -> None:
    """Keep a look, in place of an earlier one of its slot; one that something is decided by has its own."""
    assert run.started_at is not None  # it was judged
    slot = now if is_decided_by else slot_of(run.ended_at or now, run.started_at)
    Look.objects.update_or_create(run=run, slot=slot, defaults={"at": now, "said": said})


def at_a_decision(run: Run, now: datetime) -> dict[str, Any]:
    """What is known of *run* when somebody decides, kept as a look too; nothing where it cannot be read now."""
    try:
        with transaction.atomic():
            said = told(judgement_of(run, plan_of(run), now))
            keep(run, now, said, is_decided_by=True)
            return said
    except (Error, TimeoutError, ValueError) as error:
        logger.warning("What came of %s could not be read for the ledger: %r", run, error)
        return {}
