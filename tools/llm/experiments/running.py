"""Runs are started, widened, stopped, and winners promoted: each with a line in the ledger, and a way back."""

import logging
from typing import Any

from django.db import Error, IntegrityError, transaction
from django.utils import timezone

from tools.llm.experiments.errors import ExperimentError
from tools.llm.experiments.forecasting import forecast
from tools.llm.experiments.models import Action, Arm, Entry, Run, State
from tools.llm.experiments.plan import faults
from tools.llm.experiments.planning import plan_of
from tools.llm.prompts import labels
from tools.llm.prompts.errors import PromptError
from tools.llm.prompts.models import Label, PromptVersion

logger = logging.getLogger(__name__)
JUDGE = "the judge"


def start(run: Run, *, by: str, reason: str, evidence: dict[str, Any] | None = None) -> Entry:
    """Give out the first step of its ramp from now on. Raises ExperimentError."""
    with transaction.atomic():
        locked = held(run, State.DRAFT)
        if wrong := faults(plan_of(locked)):
            raise ExperimentError(" ".join(wrong))
        locked.started_at = locked.step_began_at = timezone.now()
        evidence = known_before(locked) | (evidence or {})
        return decided(run, locked, State.RUNNING, said(locked, Action.STARTED, by, reason, evidence))


def widen(run: Run, *, by: str, reason: str, evidence: dict[str, Any] | None = None) -> Entry:
    """Go on to the next step of its ramp. Raises ExperimentError on the last."""
    with transaction.atomic():
        locked = held(run, State.RUNNING)
        if locked.step + 1 >= len(locked.ramp):
            raise ExperimentError(f"{run} is on the last step of its ramp: more was not planned.")
        locked.step += 1
        locked.step_began_at = timezone.now()
        return decided(run, locked, State.RUNNING, said(locked, Action.WIDENED, by, reason, evidence))


def stop(run: Run, *, by: str, reason: str, evidence: dict[str, Any] | None = None) -> Entry:
    """All units are told the label's version again. Raises ExperimentError."""
    with transaction.atomic():
        locked = held(run, State.RUNNING)
        locked.ended_at = timezone.now()
        return decided(run, locked, State.STOPPED, said(locked, Action.STOPPED, by, reason, evidence))


def promote(run: Run, arm: Arm, *, by: str, reason: str, evidence: dict[str, Any] | None = None) -> Entry:
    """End the run and move its label to *arm*'s version, for everybody. Raises ExperimentError."""
    with transaction.atomic():
        locked = held(run, State.RUNNING, State.STOPPED)
        if arm.run_id != locked.pk:
            raise ExperimentError(f"{arm} is no arm of {run}.")
        before = locked.state
        label = Label.objects.select_related("version").get(prompt=locked.prompt, name=locked.experiment.label)
        came_from = label.version.number if label.version else None
        if label.version_id != arm.version_id:
            moved(label, arm.version, by=by, reason=f"{run}: {reason}")
        locked.ended_at = locked.ended_at or timezone.now()
        facts = {**(evidence or {}), "arm": arm.label, "version": arm.version.number}
        facts |= {"label": label.name, "label_before": came_from, "state_before": before}
        return decided(run, locked, State.PROMOTED, said(locked, Action.PROMOTED, by, reason, facts))


def undo(entry: Entry, *, by: str, reason: str) -> Entry:
    """Take back the last decision of a run: a stop (it goes on) or a promotion (the label goes back).

    Raises ExperimentError for what cannot be taken back.
    """
    with transaction.atomic():
        locked = held(entry.run, *State)
        if locked.ledger.first() != entry:
            raise ExperimentError("Only the last decision of a run is taken back: something followed on this one.")
        if entry.action == Action.STOPPED:
            state, locked.ended_at = State.RUNNING, None
        elif entry.action == Action.PROMOTED:
            state = State.STOPPED
            _label_back(locked, entry, by, reason)
        else:
            raise ExperimentError(f"What was {entry.action} is not taken back: stop the run instead.")
        return decided(entry.run, locked, state, said(locked, Action.UNDONE, by, reason, {}, undoes=entry))


def known_before(run: Run) -> dict[str, Any]:
    """What traffic can find, as evidence; nothing where it cannot be read now."""
    try:
        with transaction.atomic():
            return forecast(run, timezone.now())
    except (Error, TimeoutError) as error:
        logger.warning("The traffic of %s could not be read: %r", run.prompt, error)
        return {}


def _label_back(run: Run, entry: Entry, by: str, reason: str) -> None:
    """Point the label where it pointed before *entry*, if it still points where that has moved it."""
    before, after = entry.evidence["label_before"], entry.evidence["version"]
    label = Label.objects.select_related("version").get(prompt=run.prompt, name=entry.evidence["label"])
    if before == after:
        return
    if label.version is None or label.version.number != after:
        raise ExperimentError(f"{label.name} was moved since, so it stays where it is: move it by hand.")
    if before is None:
        raise ExperimentError(f"{label.name} pointed at nothing before, and cannot again: move it by hand.")
    moved(label, run.prompt.versions.get(number=before), by=by, reason=f"{run}, taken back: {reason}")


def moved(label: Label, version: PromptVersion, *, by: str, reason: str) -> None:
    try:
        labels.move(label, version, by=by, reason=reason)
    except PromptError as error:
        raise ExperimentError(str(error)) from None


def held(run: Run, *states: str) -> Run:
    """*run* as it is now, nobody else changing it meanwhile. Raises ExperimentError in any other state."""
    locked = Run.objects.select_for_update(of=("self",)).select_related("experiment", "prompt").get(pk=run.pk)
    if locked.state not in states:
        raise ExperimentError(f"{run} is {locked.state}, not {' or '.join(map(str, states))}: look again.")
    return locked


def said(
    run: Run, action: str, by: str, reason: str, evidence: dict[str, Any] | None, undoes: Entry | None = None
) -> Entry:
    """A line of the ledger, not stored yet. Raises ExperimentError without a reason."""
    if not reason.strip():
        raise ExperimentError("Say why: each decision is kept with its reason.")
    return Entry(
        run=run, action=action, by=by, reason=reason.strip()[:300], evidence=evidence or {}, undoes=undoes
    )


def decided(given: Run, locked: Run, state: str, entry: Entry) -> Entry:
    """Store what was decided, and let *given* say it too. Raises ExperimentError beside another run."""
    locked.state = state
    try:
        with transaction.atomic():
            locked.save()
    except IntegrityError:
        raise ExperimentError(
            f"Another experiment with {locked.prompt.name} is running: a prompt is in one at a time."
        ) from None
    entry.save()
    for name in ("state", "step", "step_began_at", "started_at", "ended_at"):
        setattr(given, name, getattr(locked, name))
    return entry
