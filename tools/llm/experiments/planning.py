"""Experiments are planned: a draft of a run, which may be rewritten until it starts."""

from dataclasses import asdict

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from tools.llm.experiments.errors import BadPlan, ExperimentError
from tools.llm.experiments.faults import faults, is_text
from tools.llm.experiments.kinds import Subject, SubjectKind
from tools.llm.experiments.models import Action, Arm, Entry, Experiment, Run, State
from tools.llm.experiments.plan import ArmPlan, Plan, guardrail_of, step_of
from tools.llm.experiments.subjects import KINDS
from tools.llm.experiments.units import UnitKind
from tools.llm.prompts.models import PRODUCTION, Prompt

LONGEST_NAME = 150


def new(
    name: str,
    subject: Subject | Prompt,
    plan: Plan,
    *,
    by: str,
    purpose: str = "",
    unit: str = UnitKind.CONVERSATION,
    label: str = PRODUCTION,
) -> Run:
    """An experiment with *subject* and the draft of its first run; *label* is a prompt's. Raises BadPlan."""
    about = Subject(SubjectKind.PROMPT, subject.name) if isinstance(subject, Prompt) else subject
    if not all(is_text(said, len(said)) for said in (name, purpose, unit, label, about.name) if said):
        raise BadPlan("A name and a purpose are texts: these have characters in them that cannot be stored.")
    experiment = Experiment(
        name=name.strip(),
        purpose=(purpose.strip() or f"What does better as {about}")[:300],
        kind=about.kind,
        subject=about.name,
        unit=unit,
        label=label if about.kind is SubjectKind.PROMPT else "",
    )
    try:
        experiment.full_clean()
    except ValidationError as error:
        raise BadPlan(" ".join(error.messages)) from None
    KINDS[about.kind].check(experiment)
    with transaction.atomic():
        experiment.save()
        return draft(experiment, plan, by=by)


def draft(experiment: Experiment, plan: Plan, *, by: str) -> Run:
    """The next run of *experiment*, in place of a draft that there is. Raises BadPlan."""
    kind = KINDS[experiment.kind]
    refuse_faults(plan, by)
    versions = kind.versions(experiment.subject, [str(arm.value) for arm in plan.arms])
    if plan.promotes_winner and kind.stays:
        told = kind.stays.format(arm="the winner", subject=experiment.subject)
        raise BadPlan(f"No winner goes live by itself here. {told}")
    with transaction.atomic():
        Experiment.objects.select_for_update().get(pk=experiment.pk)  # whoever plans beside waits
        newest = experiment.runs.aggregate(newest=Max("number"))["newest"] or 0
        former = experiment.runs.filter(state=State.DRAFT).first()
        run = former or Run(experiment=experiment, number=newest + 1)
        run.kind, run.subject = experiment.kind, experiment.subject
        for name, value in asdict(plan).items():
            if name != "arms":
                setattr(run, name, list(value) if isinstance(value, tuple) else value)
        run.save()
        for arm in run.arms.all():
            arm.delete()
        for planned, version in zip(plan.arms, versions, strict=True):
            Arm(run=run, label=planned.label, weight=planned.weight, value=planned.value, version=version).save()
        if former is None:
            Entry.objects.create(run=run, by=by, action=Action.PLANNED, reason=f"Run {run.number} is planned.")
    return run


def refuse_faults(plan: Plan, by: str) -> None:
    """Raises BadPlan for what cannot be stored or judged."""
    if wrong := faults(plan):
        raise BadPlan(" ".join(wrong))
    if not is_text(by, LONGEST_NAME):
        raise BadPlan(f"Who plans is named in 1 to {LONGEST_NAME} letters.")


def plan_of(run: Run) -> Plan:
    """What *run* says, as values. One query."""
    return Plan(
        arms=[ArmPlan(arm.label, arm.value, arm.weight) for arm in run.arms.all()],
        metric=run.metric,
        margin=run.margin,
        minimum_units=run.minimum_units,
        minimum_days=run.minimum_days,
        window_minutes=run.window_minutes,
        guardrails=[guardrail_of(row) for row in run.guardrails],
        ramp=[step_of(row) for row in run.ramp],
        promotes_winner=run.promotes_winner,
    )


def again(experiment: Experiment, *, by: str) -> Run:
    """A draft that says what the last run did, to be rewritten. Raises ExperimentError where there is one."""
    last = experiment.runs.first()
    if last is None:
        raise ExperimentError(f"{experiment} has no run to begin again.")
    if last.state in (State.DRAFT, State.RUNNING):
        raise ExperimentError(f"{last} is {last.state}: that one is to be ended first.")
    return draft(experiment, plan_of(last), by=by)
