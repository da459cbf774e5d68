"""Runs are started, widened, stopped, and winners promoted: each with a line in the ledger, and a way back.

A line that is given no evidence has what is known of the run at that moment.
"""

import logging
from typing import Any

from django.db import Error, IntegrityError, connection, transaction
from django.utils import timezone

from tools.llm.experiments.errors import ExperimentError
from tools.llm.experiments.faults import faults, is_text
from tools.llm.experiments.figures import at_a_decision
from tools.llm.experiments.forecasting import forecast
from tools.llm.experiments.kinds import NOUNS, SubjectKind, digest
from tools.llm.experiments.models import Action, Arm, Entry, Run, State
from tools.llm.experiments.planning import LONGEST_NAME, plan_of
from tools.llm.experiments.subjects import KINDS

logger = logging.getLogger(__name__)
JUDGE = "the judge"
LONGEST_REASON = 300
LOCK_KEY = 7_305_233  # in Postgres: one run starts at a time


def start(run: Run, *, by: str, reason: str, evidence: dict[str, Any] | None = None) -> Entry:
    """Give out the first step of its ramp from now on. Raises ExperimentError."""
    with transaction.atomic():
        locked = held(run, State.DRAFT)
        if wrong := faults(plan_of(locked)):
            raise ExperimentError(" ".join(wrong))
        fix_arms(locked)
        locked.started_at = locked.step_began_at = timezone.now()
        evidence = known_before(locked) | (evidence or {})
        return decided(run, locked, State.RUNNING, said(locked, Action.STARTED, by, reason, evidence))


def widen(run: Run, *, by: str, reason: str, evidence: dict[str, Any] | None = None) -> Entry:
    """Go on to the next step of its ramp. Raises ExperimentError on the last."""
    with transaction.atomic():
        locked = held(run, State.RUNNING)
        if locked.step + 1 >= len(locked.ramp):
            raise ExperimentError(f"{run} is on the last step of its ramp: more was not planned.")
        evidence = at_a_decision(locked, timezone.now()) if evidence is None else evidence
        locked.step += 1
        locked.step_began_at = timezone.now()
        return decided(run, locked, State.RUNNING, said(locked, Action.WIDENED, by, reason, evidence))


def stop(run: Run, *, by: str, reason: str, evidence: dict[str, Any] | None = None) -> Entry:
    """All units are given the subject again. Raises ExperimentError."""
    with transaction.atomic():
        locked = held(run, State.RUNNING)
        evidence = at_a_decision(locked, timezone.now()) if evidence is None else evidence
        locked.ended_at = timezone.now()
        return decided(run, locked, State.STOPPED, said(locked, Action.STOPPED, by, reason, evidence))


def promote(run: Run, arm: Arm, *, by: str, reason: str, evidence: dict[str, Any] | None = None) -> Entry:
    """End the run and give *arm* to all who would get the subject. Raises ExperimentError."""
    with transaction.atomic():
        locked = held(run, State.RUNNING, State.STOPPED)
        if arm.run_id != locked.pk:
            raise ExperimentError(f"{arm} is no arm of {run}.")
        before = locked.state
        evidence = at_a_decision(locked, timezone.now()) if evidence is None else evidence
        if is_other_now(locked, arm):
            raise ExperimentError(f"{arm.value} is not what was compared any more: begin a new run.")
        entry = said(locked, Action.PROMOTED, by, reason, {})
        done = KINDS[locked.kind].promote(locked, arm, by, reason)
        locked.ended_at = locked.ended_at or timezone.now()
        entry.evidence = {**evidence, "arm": arm.label, "value": arm.value, **done, "state_before": before}
        return decided(run, locked, State.PROMOTED, entry)


def undo(entry: Entry, *, by: str, reason: str) -> Entry:
    """Take back the last decision of a run: a stop (it goes on) or a promotion (the subject is what it was).

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
            KINDS[locked.kind].take_back(locked, entry.evidence, by, reason)
        else:
            raise ExperimentError(f"What was {entry.action} is not taken back: stop the run instead.")
        return decided(entry.run, locked, state, said(locked, Action.UNDONE, by, reason, {}, undoes=entry))


def known_before(run: Run) -> dict[str, Any]:
    """What traffic can find, as evidence; nothing where it cannot be read now."""
    try:
        with transaction.atomic():
            return forecast(run, timezone.now())
    except (Error, TimeoutError) as error:
        logger.warning("The traffic of %s could not be read: %r", run.about, error)
        return {}


def fix_arms(run: Run) -> None:
    """Keep what each arm of *run* is now: another is not what was compared. Raises ExperimentError."""
    for arm in run.arms.all():
        arm.said = KINDS[run.kind].now(arm.value)
        arm.sha256 = digest(arm.said) if arm.said else ""
        arm.save(update_fields=["said", "sha256"])


def is_other_now(run: Run, arm: Arm) -> bool:
    """Whether *arm* has changed since the start. Raises ExperimentError where nobody can be given it."""
    return bool(arm.sha256) and digest(KINDS[run.kind].now(arm.value)) != arm.sha256


def held(run: Run, *states: str) -> Run:
    """*run* as it is now, nobody else changing it meanwhile. Raises ExperimentError in any other state."""
    locked = Run.objects.select_for_update(of=("self",)).select_related("experiment").get(pk=run.pk)
    if locked.state not in states:
        raise ExperimentError(f"{run} is {locked.state}, not {' or '.join(map(str, states))}: look again.")
    return locked


def said(
    run: Run, action: str, by: str, reason: str, evidence: dict[str, Any] | None, undoes: Entry | None = None
) -> Entry:
    """A line of the ledger, not stored yet. Raises ExperimentError without a reason."""
    if not reason.strip():
        raise ExperimentError("Say why: each decision is kept with its reason.")
    if not is_text(by, LONGEST_NAME):
        raise ExperimentError(f"Who decides is named in 1 to {LONGEST_NAME} letters.")
    if not is_text(reason, len(reason)):
        raise ExperimentError("A reason is a text: it has characters in it that cannot be stored.")
    why = shortened(reason.strip(), LONGEST_REASON)
    return Entry(run=run, action=action, by=by, reason=why, evidence=evidence or {}, undoes=undoes)


def shortened(text: str, most: int) -> str:
    """A decision is not refused because there is much to be said for it."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def decided(given: Run, locked: Run, state: str, entry: Entry) -> Entry:
    """Store what was decided, and let *given* say it too. Raises ExperimentError beside another run."""
    locked.state = state
    if state == State.RUNNING:
        refuse_shared(locked)
    try:
        with transaction.atomic():
            locked.save()
    except IntegrityError:
        raise ExperimentError(
            f"Another experiment with {locked.subject} is running: {in_one_at_a_time(locked)}"
        ) from None
    entry.save()
    for name in ("state", "step", "step_began_at", "started_at", "ended_at"):
        setattr(given, name, getattr(locked, name))
    return entry


def refuse_shared(run: Run) -> None:
    """Raises ExperimentError where another run gives out what this one does: units would be in both by one word.

    Versions of different prompts have nothing to do with each other.
    """
    if run.kind == SubjectKind.PROMPT:
        return
    with connection.cursor() as cursor:  # two that start at once would not see each other
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])
    mine = {run.subject, *run.arms.values_list("value", flat=True)}
    beside = Run.objects.filter(kind=run.kind, state=State.RUNNING).exclude(pk=run.pk).select_related("experiment")
    for other in beside.prefetch_related("arms"):
        theirs = {other.subject, *(arm.value for arm in other.arms.all())}
        if shared := sorted(mine & theirs):
            raise ExperimentError(f"{shared[0]} is in {other}, which is running: {in_one_at_a_time(run)}")


def in_one_at_a_time(run: Run) -> str:
    return f"a {NOUNS[run.about.kind]} is in one at a time."
