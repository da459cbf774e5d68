"""Experiments are planned: a draft of a run, which may be rewritten until it starts."""

from collections.abc import Sequence
from dataclasses import asdict

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from tools.llm.experiments.errors import BadPlan, ExperimentError
from tools.llm.experiments.models import Action, Arm, Entry, Experiment, Run, State
from tools.llm.experiments.plan import ArmPlan, Plan, faults, guardrail_of, step_of
from tools.llm.experiments.units import UnitKind
from tools.llm.prompts.models import PRODUCTION, Prompt, PromptVersion


def new(
    name: str,
    prompt: Prompt,
    plan: Plan,
    *,
    by: str,
    purpose: str = "",
    unit: str = UnitKind.CONVERSATION,
    label: str = PRODUCTION,
) -> Run:
    """An experiment and the draft of its first run. Raises BadPlan."""
    purpose = purpose.strip() or f"Which version of {prompt.name} does better"
    experiment = Experiment(name=name.strip(), purpose=purpose[:300], prompt=prompt, unit=unit, label=label)
    try:
        experiment.full_clean()
    except ValidationError as error:
        raise BadPlan(" ".join(error.messages)) from None
    if not prompt.labels.filter(name=label).exists():
        raise BadPlan(f"The prompt {prompt.name} has no label {label!r}.")
    with transaction.atomic():
        experiment.save()
        return draft(experiment, plan, by=by)


def draft(experiment: Experiment, plan: Plan, *, by: str) -> Run:
    """The next run of *experiment*, in place of a draft that there is. Raises BadPlan."""
    versions = versions_of(experiment.prompt, plan.arms)
    if wrong := faults(plan):
        raise BadPlan(" ".join(wrong))
    with transaction.atomic():
        Experiment.objects.select_for_update().get(pk=experiment.pk)  # whoever plans beside waits
        newest = experiment.runs.aggregate(newest=Max("number"))["newest"] or 0
        former = experiment.runs.filter(state=State.DRAFT).first()
        run = former or Run(experiment=experiment, number=newest + 1)
        run.prompt_id = experiment.prompt_id
        for name, value in asdict(plan).items():
            if name != "arms":
                setattr(run, name, list(value) if isinstance(value, tuple) else value)
        run.save()
        for arm in run.arms.all():
            arm.delete()
        for planned, version in zip(plan.arms, versions, strict=True):
            Arm(run=run, label=planned.label, weight=planned.weight, version=version).save()
        if former is None:
            Entry.objects.create(run=run, by=by, action=Action.PLANNED, reason=f"Run {run.number} is planned.")
    return run


def versions_of(prompt: Prompt, arms: Sequence[ArmPlan]) -> list[PromptVersion]:
    """Those of *arms*. Raises BadPlan for one that there is not."""
    found = {version.number: version for version in prompt.versions.filter(number__in=[a.version for a in arms])}
    for arm in arms:
        if arm.version not in found:
            raise BadPlan(f"The prompt {prompt.name} has no version {arm.version}.")
    versions = [found[arm.version] for arm in arms]
    for version in versions[1:]:
        if taken_by(version) != taken_by(versions[0]):
            raise BadPlan(
                f"{version} takes other variables than {versions[0]}: who gives those of one cannot be sent both."
            )
    return versions


def taken_by(version: PromptVersion) -> set[tuple[str, bool]]:
    """The variables of *version*, and whether each has to be given."""
    return {(variable.name, variable.required) for variable in version.declared()}


def plan_of(run: Run) -> Plan:
    """What *run* says, as values. One query."""
    return Plan(
        arms=[ArmPlan(arm.label, arm.version.number, arm.weight) for arm in run.arms.select_related("version")],
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
