"""What a started run gives out stays as it is, whoever comes, also by SQL."""

import pytest
from django.db import IntegrityError, transaction

from tests.tools.llm.experiments.rows import a_run, prompt_of
from tools.llm.experiments import running
from tools.llm.experiments.errors import FixedPlan
from tools.llm.experiments.models import Arm, Experiment, Run
from tools.llm.experiments.plan import Step

pytestmark = pytest.mark.django_db
BY = {"by": "ann", "reason": "to know"}
DRAWN = {"name": "other", "kind": "model", "subject": "b", "label": "canary", "unit": "user", "salt": "abc"}


def refused(rows, said, **changes):
    with pytest.raises(IntegrityError, match=said), transaction.atomic():
        rows.update(**changes)


def in_state(state):
    """A run that came to *state* as runs do."""
    run = a_run(starts=state != "draft")
    match state:
        case "stopped":
            running.stop(run, **BY)
        case "promoted":
            running.promote(run, run.arms.get(label="shorter"), **BY)
    return Run.objects.filter(pk=run.pk)


@pytest.mark.parametrize(
    ("state", "others"),
    [
        ("draft", ["stopped", "promoted"]),
        ("running", ["draft"]),
        ("stopped", ["draft"]),
        ("promoted", ["draft", "running"]),
    ],
)
def test_a_state_goes_as_decisions_do(state, others):
    run = in_state(state)
    for other in others:
        refused(run, f"a run that is {state} does not become {other}: begin a new run", state=other)


@pytest.mark.parametrize("state", ["running", "stopped", "promoted"])
def test_a_plan_is_fixed_in_every_state_but_a_drafts(state):
    refused(in_state(state), "its plan stays as it is", margin=0.03)


def test_a_draft_is_open():
    assert in_state("draft").update(margin=0.03) == 1
    assert Experiment.objects.update(**DRAWN) == 1


def test_a_ramp_goes_on_by_one_step_while_its_run_goes_on():
    run = a_run(ramp=(Step(0.1), Step(0.2), Step(0.3)))
    rows = Run.objects.filter(pk=run.pk)
    refused(rows, "a ramp goes on by one step", step=2)
    running.widen(run, **BY)
    refused(rows, "a ramp goes on by one step", step=0)
    running.stop(run, **BY)
    refused(rows, "a ramp goes on by one step", step=2)


@pytest.mark.parametrize("name", DRAWN)
def test_units_are_drawn_as_at_the_start(name):
    run = a_run()
    refused(Experiment.objects.all(), "who is drawn for what stays as it is", **{name: DRAWN[name]})
    running.stop(run, **BY)
    refused(Experiment.objects.all(), "who is drawn for what stays as it is", **{name: DRAWN[name]})
    experiment = Experiment.objects.get()
    setattr(experiment, name, DRAWN[name])
    with pytest.raises(FixedPlan, match=f"A run of .* has started, so its {name} stays: plan another experiment"):
        experiment.save()
    assert Experiment.objects.update(purpose="What it is for may be said better") == 1


def test_an_arm_does_not_leave_a_run_that_has_started():
    run = a_run()
    draft = a_run("other", prompt_of(run), starts=False)
    refused(Arm.objects.filter(run=run, label="shorter"), "its arms stay as they are", run=draft, label="third")
