"""From calls that went wrong to a draft, an experiment and back, each step in the ledger."""

from datetime import timedelta

import pytest
from django.utils import timezone

from telemetry.semconv import Origin
from tests.tools.llm.prompt_rows import a_prompt
from tools.llm.evolution import tasks, trying
from tools.llm.evolution.errors import EvolutionError
from tools.llm.evolution.models import Candidate, Deed, Evolution, State
from tools.llm.evolution.proposing import propose, propose_all
from tools.llm.experiments import planning, running
from tools.llm.experiments.models import Run
from tools.llm.experiments.models import State as RunState
from tools.llm.experiments.plan import ArmPlan, Plan
from tools.llm.prompts.families import Family, Rung
from tools.llm.prompts.labels import move
from tools.llm.prompts.models import PRODUCTION
from tools.llm.prompts.variables import Variable
from tools.llm.prompts.writing import Draft, write

DETAILED = Family.DETAILED, Rung.DETAILED
pytestmark = pytest.mark.django_db(transaction=True)


def proposed(prompt):
    return propose(prompt, timezone.now(), by="ana")


def ledger():
    return [(deed.action, deed.by, deed.reason) for deed in Deed.objects.order_by("id")]


def test_what_goes_wrong_becomes_a_draft_that_nobody_is_told(prompt, wrong_calls):
    wrong_calls(9)
    [candidate] = proposed(prompt)
    text = candidate.version.variants.get(family="detailed", rung="detailed").text
    assert text.splitlines()[-1].startswith("Calling crm_integration, if you give 'customer_id'")
    assert "that matches ^CUST" in text
    assert prompt.labels.get(name=PRODUCTION).version.number == 1
    why = "crm_integration.customer_id (string_pattern_mismatch): 9 of 40 calls"
    assert ledger() == [("proposed", "ana", why)]
    assert Deed.objects.get().evidence["mistakes"][0]["calls"] == 40


def test_the_same_is_not_proposed_twice_nor_what_is_rare_or_of_others(prompt, wrong_calls):
    wrong_calls(4)
    assert proposed(prompt) == []
    wrong_calls(50, of=60, origin=str(Origin.REPORTED))
    wrong_calls(50, of=60, prompt_version="coach@2")
    wrong_calls(50, of=60, at=timezone.now() - timedelta(days=9))
    assert proposed(prompt) == []
    wrong_calls(20)
    assert len(proposed(prompt)) == 1
    assert proposed(prompt) == []


def test_nothing_is_proposed_where_nobody_allowed_it(prompt, wrong_calls, allow):
    wrong_calls(9)
    a_prompt("sales", versions=1, production=1)
    assert propose_all(timezone.now()) == []
    permit = allow(proposes=False, tries=True)
    assert tasks.evolve() == {"proposed": [], "tried": []}
    permit.proposes = True
    permit.tries = False
    permit.save()
    assert tasks.evolve() == {"proposed": ["coach@2"], "tried": []}


def test_where_it_is_allowed_a_draft_goes_into_an_experiment_and_nowhere_else(prompt, wrong_calls, allow):
    wrong_calls(9)
    allow(proposes=True, tries=True)
    assert tasks.evolve() == {"proposed": ["coach@2"], "tried": ["coach@2"]}
    run = Run.objects.get()
    assert run.state == RunState.RUNNING
    assert [(arm.label, arm.version.number) for arm in run.arms.all()] == [("live", 1), ("candidate", 2)]
    assert {row["metric"] for row in run.guardrails} == {"first_try", "latency", "cost_per_success"}
    assert (run.promotes_winner, run.share) == (False, 0.01)
    assert prompt.labels.get(name=PRODUCTION).version.number == 1
    assert [deed[:2] for deed in ledger()] == [("proposed", "evolution"), ("tried", "evolution")]
    assert tasks.evolve() == {"proposed": [], "tried": []}


def test_each_deed_is_taken_back(prompt, wrong_calls):
    wrong_calls(9)
    [candidate] = proposed(prompt)
    trying.put_on_trial(candidate, by="ana", reason="let us see")
    candidate = trying.undo(Deed.objects.first(), by="bob", reason="not now")
    assert (candidate.state, Run.objects.get().state) == (State.DRAFT, RunState.STOPPED)
    candidate = trying.drop(candidate, by="bob", reason="nonsense")
    assert candidate.state == State.DROPPED
    assert trying.undo(Deed.objects.first(), by="ana", reason="no, it is not").state == State.DRAFT
    assert [deed[0] for deed in ledger()] == ["proposed", "tried", "undone", "dropped", "undone"]


def test_a_draft_is_tried_again_and_beside_an_experiment_of_its_name(prompt, wrong_calls):
    wrong_calls(9)
    [candidate] = proposed(prompt)
    other = planning.new("coach-2", prompt, Plan(arms=[ArmPlan("a", 1), ArmPlan("b", 2)]), by="eve")
    tried = trying.put_on_trial(candidate, by="ana", reason="let us see")
    assert str(tried.run) == "coach-2-2@1"
    trying.undo(Deed.objects.first(), by="ana", reason="not now")
    assert str(trying.put_on_trial(candidate, by="ana", reason="now").run) == "coach-2-2@2"
    other.refresh_from_db()
    assert other.state == RunState.DRAFT


def test_what_was_made_from_another_version_than_the_live_one_waits(prompt, wrong_calls, allow):
    wrong_calls(9)
    allow(tries=True)
    [candidate] = proposed(prompt)
    label = prompt.labels.get(name=PRODUCTION)
    newer = write(prompt, Draft(variants={DETAILED: "Other."}), "eve")
    move(label, newer, by="eve", reason="better")
    with pytest.raises(
        EvolutionError, match="was made from coach@1, and production says coach@3 now: drop it, or"
    ):
        trying.put_on_trial(candidate, by="ana", reason="let us see")
    assert trying.try_all() == []
    move(label, candidate.base, by="eve", reason="worse")
    assert trying.try_all() == [candidate]


def test_a_draft_that_cannot_be_tried_holds_up_nobody(prompt, wrong_calls, allow, caplog):
    wrong_calls(9)
    allow(tries=True)
    [candidate] = proposed(prompt)
    sales = a_prompt("sales", versions=2, production=1)
    Evolution.objects.create(prompt=sales, tries=True)
    first, second = sales.versions.order_by("number")
    about = {"kind": "ladder", "why": "why", "digest": "other", "number": 2}
    other = Candidate.objects.create(prompt=sales, base=first, version=second, **about)
    # A version that takes other variables than the live one is no arm beside it.
    odd = write(prompt, Draft(variants={DETAILED: "{{x}}"}, variables=[Variable(name="x")]), "eve")
    Candidate.objects.filter(pk=candidate.pk).update(version=odd, number=odd.number)
    assert trying.try_all() == [other]
    assert "coach@3 is not tried: coach@3 takes other variables than coach@1" in caplog.text


def test_who_may_not_move_labels_takes_no_promotion_back(prompt, wrong_calls):
    wrong_calls(9)
    [candidate] = proposed(prompt)
    run = trying.put_on_trial(candidate, by="ana", reason="let us see").run
    running.promote(run, run.arms.get(label="candidate"), by="ana", reason="better")
    with pytest.raises(
        EvolutionError, match="coach-2@1 was promoted: who takes that back needs the right to change"
    ):
        trying.undo(Deed.objects.first(), by="bob", reason="no", may_move=False)
    assert prompt.labels.get(name=PRODUCTION).version.number == 2
    assert trying.undo(Deed.objects.first(), by="ana", reason="no").state == State.DRAFT
    assert prompt.labels.get(name=PRODUCTION).version.number == 1


def test_a_proposal_taken_back_is_dropped(prompt, wrong_calls):
    wrong_calls(9)
    [candidate] = proposed(prompt)
    assert trying.undo(Deed.objects.get(), by="ana", reason="no").state == State.DROPPED
    with pytest.raises(EvolutionError, match="coach@2 is dropped, not draft: look again"):
        trying.put_on_trial(candidate, by="ana", reason="after all")


def test_what_cannot_be_done_is_one_sentence_and_changes_nothing(prompt, wrong_calls):
    wrong_calls(9)
    [candidate] = proposed(prompt)
    with pytest.raises(EvolutionError, match="Say why"):
        trying.drop(candidate, by="ana", reason=" ")
    first = Deed.objects.get()
    trying.put_on_trial(candidate, by="ana", reason="let us see")
    with pytest.raises(EvolutionError, match="Only what was done last"):
        trying.undo(first, by="ana", reason="no")
    with pytest.raises(EvolutionError, match="coach@2 is tried, not draft"):
        trying.drop(candidate, by="ana", reason="no")
    assert Candidate.objects.get().state == State.TRIED
    with pytest.raises(ValueError, match="only ever added to"):
        first.save()


def test_beside_another_experiment_a_draft_waits(prompt, wrong_calls, allow):
    wrong_calls(9)
    [candidate] = proposed(prompt)
    trying.put_on_trial(candidate, by="ana", reason="let us see")
    wrong_calls(9, tool="sms_outreach")
    second = Candidate.objects.create(
        prompt=prompt, base=candidate.base, version=None, number=9, kind="ladder", why="why", digest="other"
    )
    allow(tries=True)
    assert trying.try_all() == []
    assert Candidate.objects.get(pk=second.pk).state == State.DRAFT
