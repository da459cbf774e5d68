import pytest

from salesboost.demo import experiment
from salesboost.demo.talks import TALKS
from tools.llm.experiments.models import Experiment, State
from tools.llm.prompts.models import Prompt
from tools.llm.prompts.writing import faults


@pytest.mark.django_db
def test_the_experiment_runs_and_is_made_once():
    assert experiment.ensure_experiment() and not experiment.ensure_experiment()
    run = Experiment.objects.get().runs.get()
    assert run.state == State.RUNNING and [entry.by for entry in run.ledger.all()] == ["demonstration"] * 2
    assert [(arm.label, arm.version.number) for arm in run.arms.order_by("id")] == [
        ("as-is", 1),
        ("shorter", 2),
    ]
    assert {label.version.number for label in Prompt.objects.get(name=run.subject).labels.all()} == {1}


@pytest.mark.django_db
def test_what_a_person_has_made_of_it_stays():
    Prompt.objects.create(name=experiment.PROMPT, purpose="mine")
    assert not experiment.ensure_experiment() and not Experiment.objects.exists()


def test_its_texts_are_versions_and_it_is_talked_about():
    for text in (experiment.LONG, experiment.SHORT):
        assert faults(experiment.said(text, "")) == []
    assert experiment.PROMPT in TALKS
