"""Runs are planned, started, widened, stopped, promoted, and taken back; each with a line in the ledger."""

from dataclasses import replace

import pytest

from tests.tools.llm.experiments.rows import PLAIN, a_plan, a_run, known, prompt_of
from tests.tools.llm.prompt_rows import a_prompt, plain_draft
from tools.llm.experiments import live, planning, running
from tools.llm.experiments.errors import BadPlan, ExperimentError, FixedPlan
from tools.llm.experiments.models import Entry, Experiment, Run
from tools.llm.experiments.plan import ArmPlan, Guardrail, Step
from tools.llm.experiments.units import Units
from tools.llm.prompts.labels import move
from tools.llm.prompts.writing import write

pytestmark = pytest.mark.django_db
BY = {"by": "ann", "reason": "to know"}


def test_a_plan_is_what_was_planned():
    plan = a_plan(guardrails=(Guardrail("success", 0.05),), ramp=(Step(0.01, 10, 24), Step(0.5)), margin=0.03)
    run = planning.new("shorter", a_prompt(production=1), plan, by="ann")
    found = planning.plan_of(Run.objects.get(pk=run.pk))
    assert (
        replace(found, arms=tuple(found.arms), guardrails=tuple(found.guardrails), ramp=tuple(found.ramp)) == plan
    )


def test_arms_are_versions_that_there_are_and_take_the_same_variables():
    prompt = a_prompt(production=1)
    with pytest.raises(BadPlan, match="no version 9"):
        planning.new("one", prompt, a_plan(arms=(PLAIN[0], ArmPlan("b", 9))), by="ann")
    write(prompt, plain_draft("No variables"), "ann")
    with pytest.raises(BadPlan, match="greeting@3 takes other variables than greeting@1"):
        planning.new("one", prompt, a_plan(arms=(PLAIN[0], ArmPlan("b", 3))), by="ann")
    with pytest.raises(BadPlan, match="no label 'canary'"):
        planning.new("one", prompt, a_plan(), by="ann", label="canary")
    assert not Experiment.objects.exists()


def test_a_draft_is_rewritten_in_its_place_and_what_started_is_not():
    run = a_run(starts=False)
    again = planning.draft(run.experiment, a_plan(margin=0.5), by="ann")
    assert (again.pk, again.number, again.margin, again.arms.count()) == (run.pk, 1, 0.5, 2)
    running.start(again, **BY)
    fixed = Run.objects.get(pk=run.pk)
    fixed.margin = 0.9
    with pytest.raises(
        FixedPlan, match="shorter-greeting@1 has started, so its margin stays as it is: begin a new"
    ):
        fixed.save()
    with pytest.raises(FixedPlan, match="its arms stay"):
        fixed.arms.first().save()
    with pytest.raises(FixedPlan, match="not deleted"):
        fixed.delete()
    assert planning.draft(run.experiment, a_plan(margin=0.9), by="ann").number == 2


def test_a_prompt_is_in_one_experiment_at_a_time():
    run = a_run()
    other = a_run("longer", prompt_of(run), starts=False)
    with pytest.raises(ExperimentError, match="Another experiment with greeting is running: a prompt is in one"):
        running.start(other, **BY)
    running.stop(run, **BY)
    running.start(other, **BY)
    assert Run.objects.get(state="running") == other


def test_a_ramp_goes_by_its_steps_alone():
    run = a_run(ramp=(Step(0.01), Step(0.1)))
    assert run.share == 0.01
    running.widen(run, **BY)
    assert (run.share, run.step) == (0.1, 1)
    with pytest.raises(ExperimentError, match="last step"):
        running.widen(run, **BY)


def test_a_stop_is_taken_back_and_stands_in_the_ledger():
    run = a_run()
    entry = running.stop(run, by="ann", reason="it looks bad", evidence={"low": -0.2})
    with pytest.raises(ExperimentError, match=r"is stopped, not running: look again"):
        running.stop(run, **BY)
    running.undo(entry, by="bob", reason="it does not")
    assert (run.state, run.ended_at) == ("stopped", entry.run.ended_at) or Run.objects.get().state == "running"
    assert Run.objects.get().ended_at is None
    told = list(Entry.objects.order_by("id").values_list("action", "by", "reason"))
    assert told[-2:] == [("stopped", "ann", "it looks bad"), ("undone", "bob", "it does not")]
    with pytest.raises(ExperimentError, match="something followed"):
        running.undo(entry, **BY)


def test_a_winner_is_promoted_and_taken_back():
    run = a_run()
    entry = running.promote(run, run.arms.get(label="shorter"), by="ann", reason="it is better")
    label = prompt_of(run).labels.get(name="production")
    assert (label.version.number, run.state) == (2, "promoted")
    assert label.moves.first().reason == "shorter-greeting@1: it is better"
    assert entry.evidence["reasons"] and entry.evidence.items() >= {
        "arm": "shorter", "value": "2", "version": 2, "label": "production", "label_before": 1,
        "state_before": "running",
    }.items()  # fmt: skip
    running.undo(entry, **BY)
    label.refresh_from_db()
    assert (label.version.number, Run.objects.get().state) == (1, "stopped")


def test_a_label_that_was_moved_since_stays_where_it_is():
    run = a_run()
    entry = running.promote(run, run.arms.get(label="shorter"), **BY)
    label = prompt_of(run).labels.get(name="production")
    move(label, prompt_of(run).versions.get(number=1), by="bob", reason="by hand")
    with pytest.raises(ExperimentError, match="was moved since"):
        running.undo(entry, **BY)
    assert Run.objects.get().state == "promoted"


def test_each_decision_needs_a_reason_and_a_line_never_changes():
    run = a_run()
    with pytest.raises(ExperimentError, match="Say why"):
        running.stop(run, by="ann", reason="  ")
    entry = Entry.objects.first()
    for change in (entry.save, entry.delete, Entry.objects.all().delete):
        with pytest.raises(FixedPlan, match="only ever added to"):
            change()


def test_what_was_started_is_stopped_and_not_taken_back():
    run = a_run()
    with pytest.raises(ExperimentError, match="stop the run instead"):
        running.undo(Entry.objects.first(), **BY)
    with pytest.raises(ExperimentError, match="to be ended first"):
        planning.again(run.experiment, by="ann")
    running.stop(run, **BY)
    assert planning.again(run.experiment, by="ann").number == 2


def test_a_process_knows_of_it_all_when_it_has_read():
    run = a_run(ramp=(Step(0.0001), Step(1.0)))
    units = [Units(f"chat-{number}") for number in range(50)]

    def inside():
        with known():
            return sum(live.arm_of("greeting", "production", each) is not None for each in units)

    assert inside() == 0
    running.widen(run, **BY)
    assert inside() == 50
    running.stop(run, **BY)
    assert inside() == 0
