"""Candidates are tried in experiments, dropped, and both taken back; each with a line in the ledger."""

import logging
from itertools import chain, count

from django.db import transaction

from tools.llm.evolution.errors import EvolutionError
from tools.llm.evolution.models import Candidate, Deed, Evolution, State
from tools.llm.evolution.proposals import OPTIMISER
from tools.llm.evolution.proposing import BY
from tools.llm.experiments import planning, running
from tools.llm.experiments.errors import ExperimentError
from tools.llm.experiments.models import Experiment, Run
from tools.llm.experiments.models import State as RunState
from tools.llm.experiments.plan import ArmPlan, Guardrail, Plan
from tools.llm.prompts.models import PRODUCTION, Label, Prompt

logger = logging.getLogger(__name__)
CONTROL, CANDIDATE = "live", "candidate"
# It is to call tools more rightly, and may cost and take little more for it.
GUARDRAILS = (Guardrail("first_try", 0.03), Guardrail("latency", 0.25), Guardrail("cost_per_success", 0.25))


def try_all() -> list[Candidate]:
    """The oldest draft of what is live of each prompt for which that is allowed, where no experiment goes on.

    What an optimiser found against the lab proves its wiring, and is nothing to tell users unasked. One that
    cannot be tried is logged, and holds up no other prompt's.
    """
    tried = []
    for each in Evolution.objects.filter(tries=True).select_related("prompt"):
        busy = Run.objects.filter(kind="prompt", subject=each.prompt.name, state=RunState.RUNNING).exists()
        drafts = Candidate.objects.filter(prompt=each.prompt, state=State.DRAFT, base__labels__name=PRODUCTION)
        draft = drafts.exclude(kind=OPTIMISER, evidence__in_lab=True).order_by("id").first()
        if draft is not None and not busy:
            try:
                tried.append(put_on_trial(draft, by=BY, reason=draft.why))
            except EvolutionError as error:
                logger.warning("%s is not tried: %s", draft, error)
    return tried


def production(prompt: Prompt) -> Label | None:
    return prompt.labels.select_related("version__prompt").filter(name=PRODUCTION).first()


def put_on_trial(candidate: Candidate, *, by: str, reason: str) -> Candidate:
    """Start an experiment of *candidate* against what it was made from. Raises EvolutionError."""
    with transaction.atomic():
        locked = held(candidate, State.DRAFT)
        live = production(locked.prompt)
        if live is None or live.version_id != locked.base_id:
            says = live.version if live is not None and live.version else "nothing"
            raise EvolutionError(
                f"{locked} was made from {locked.base}, and {PRODUCTION} says {says} now: drop it, or move the"
                " label back."
            )
        try:
            locked.run = planned(locked, by)
            running.start(locked.run, by=by, reason=reason)
        except ExperimentError as error:
            raise EvolutionError(str(error)) from None
        locked.state = State.TRIED
        return done(locked, Deed.Action.TRIED, by, reason)


def planned(candidate: Candidate, by: str) -> Run:
    """The draft of a run: a further one of the experiment in which it was tried before. Raises ExperimentError."""
    arms = [ArmPlan(CONTROL, candidate.base.number), ArmPlan(CANDIDATE, candidate.number)]
    plan = Plan(arms=arms, guardrails=GUARDRAILS)
    if candidate.run is not None:
        return planning.draft(candidate.run.experiment, plan, by=by)
    name, purpose = free_name(f"{candidate.prompt.name}-{candidate.number}"), f"Whether it helps: {candidate.why}"
    return planning.new(name, candidate.prompt, plan, by=by, purpose=purpose)


def free_name(wanted: str) -> str:
    """*wanted* as the name of an experiment, or with a number behind it where somebody has it."""
    names = chain([wanted[:60]], (f"{wanted[:55]}-{number}" for number in count(2)))
    return next(name for name in names if not Experiment.objects.filter(name=name).exists())


def drop(candidate: Candidate, *, by: str, reason: str) -> Candidate:
    """Take a draft away; what was tried is stopped instead. Raises EvolutionError."""
    with transaction.atomic():
        locked = held(candidate, State.DRAFT)
        locked.state = State.DROPPED
        return done(locked, Deed.Action.DROPPED, by, reason)


def undo(deed: Deed, *, by: str, reason: str, may_move: bool = True) -> Candidate:
    """Take back what was done last with a candidate. Raises EvolutionError for what is not to be taken back.

    A proposal is dropped, a dropped one is a draft again, an experiment is stopped and its candidate a draft; was
    it promoted, the label goes back, for which *by* has to be somebody who *may_move* labels.
    """
    with transaction.atomic():
        locked = held(deed.candidate, *State)
        if locked.deeds.first() != deed:
            raise EvolutionError("Only what was done last is taken back: something followed on this.")
        if deed.action == Deed.Action.UNDONE:
            raise EvolutionError("That was taken back already: propose, try or drop it anew.")
        if deed.action == Deed.Action.TRIED:
            _stop(locked, by, reason, may_move=may_move)
        locked.state = State.DROPPED if deed.action == Deed.Action.PROPOSED else State.DRAFT
        return done(locked, Deed.Action.UNDONE, by, reason, deed)


def _stop(candidate: Candidate, by: str, reason: str, *, may_move: bool) -> None:
    """End its experiment, and take back its promotion, if it came to that."""
    run = candidate.run
    if run is not None and run.state == RunState.PROMOTED and not may_move:
        raise EvolutionError(f"{run} was promoted: who takes that back needs the right to change prompts, too.")
    try:
        if run is not None and run.state == RunState.RUNNING:
            running.stop(run, by=by, reason=reason)
        elif run is not None and run.state == RunState.PROMOTED and (last := run.ledger.first()):
            running.undo(last, by=by, reason=reason)
    except ExperimentError as error:
        raise EvolutionError(str(error)) from None


def held(candidate: Candidate, *states: str) -> Candidate:
    """*candidate* as it is now, nobody else changing it. Raises EvolutionError where it is in no such state."""
    rows = Candidate.objects.select_for_update(of=("self",)).select_related("prompt", "base", "version", "run")
    locked = rows.get(pk=candidate.pk)
    if locked.state not in states:
        raise EvolutionError(f"{locked} is {locked.state}, not {' or '.join(states)}: look again.")
    return locked


def done(candidate: Candidate, action: str, by: str, reason: str, undoes: Deed | None = None) -> Candidate:
    """Stored, with its line. Raises EvolutionError without a reason."""
    if not reason.strip():
        raise EvolutionError("Say why: each deed is kept with its reason.")
    candidate.save()
    Deed.objects.create(candidate=candidate, action=action, by=by, reason=reason.strip()[:300], undoes=undoes)
    return candidate
