"""From recorded calls to a draft that is better on what nobody learned from; by gepa, Postgres and two labs."""

import pytest
from django.utils import timezone

from salesboost.worker.loading import OF_TASKS
from tests.tools.llm.evolution.optimising.conftest import BETTER, TEXT
from tools.llm.evolution import tasks, trying
from tools.llm.evolution.models import Candidate, Deed, Evolution, OptimiserRun, OptimiserState
from tools.llm.evolution.optimising import running, starting
from tools.llm.evolution.optimising.gathering import gathered, parts_of
from tools.llm.prompts.families import Family, Rung
from tools.llm.prompts.models import PRODUCTION, PromptVersion
from tools.running.runtime import get_executor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def optimise(wanted, monkeypatch):
    """``optimise(most_calls=100)``: the run after it was started and a worker did it."""
    sent = []
    monkeypatch.setattr(starting, "send", sent.append)

    def made(about=(), **changes):
        run = starting.start(wanted(**changes), by="ana", now=timezone.now())
        assert sent.pop() == run and not sent
        running.run(run.pk, timezone.now, **dict(about))
        return OptimiserRun.objects.get(pk=run.pk)

    return made


def said_by_users(lab):
    return {asked.said_last("user") for asked in lab.requests}


def parts(run):
    version = PromptVersion.objects.get(prompt__name="coach", number=1).plain()
    key = Family.DETAILED, Rung.DETAILED
    found = gathered(version, key, timezone.now(), get_executor().registry)
    return parts_of(found, run.most_calls)


def test_a_prompt_that_lacks_a_rule_is_mended(optimise, record, labs):
    record(60)
    run = optimise()
    assert run.state == OptimiserState.ENDED, run.told
    assert "Proposed: coach@2" in run.told
    assert (run.live_share, run.best_share, run.text) == (0.0, 1.0, BETTER)
    candidate = Candidate.objects.get()
    assert run.candidate == candidate and candidate.kind == "optimiser"
    text = candidate.version.variants.get(family="detailed", rung="detailed").text
    assert text == BETTER and candidate.version.declared()[0].name == "customer"
    # Found in the lab, it is not tried unasked.
    Evolution.objects.update(tries=True)
    assert trying.try_all() == []
    # Nothing went live, and the ledger says who, why and by what.
    assert run.prompt.labels.get(name=PRODUCTION).version.number == 1
    deed = Deed.objects.get()
    assert (deed.action, deed.by) == ("proposed", "ana")
    held_out = deed.evidence["held_out"]
    assert held_out["live"] == 0 and held_out["new"] == held_out["cases"] == run.sizes["held out"]
    assert deed.evidence["in_lab"] and "proves the wiring only" in deed.evidence["note"]
    assert "proves the wiring only" in candidate.why
    assert deed.evidence["spent"]["calls"] == run.calls > 0 and run.tokens > 0


def test_what_is_held_out_never_reaches_the_optimiser(optimise, record, labs, monkeypatch):
    record(60)
    asked, reflects = labs
    seen = []
    give_back = running.Budget.give_back

    def at_the_end(budget):
        # The search is over, and what was held out is asked from here on.
        seen.append((said_by_users(asked), [each.said_last("user") for each in reflects.requests]))
        give_back(budget)

    monkeypatch.setattr(running.Budget, "give_back", at_the_end)
    run = optimise()
    parted = parts(run)
    held_out, others = {each.words for each in parted.held_out}, {each.words for each in parted.validation}
    assert len(held_out) == run.sizes["held out"] > 0
    [(while_searching, to_reflect)] = seen
    assert while_searching & held_out == set() and others <= while_searching
    assert to_reflect and not [words for words in held_out for text in to_reflect if words in text]
    assert held_out <= said_by_users(asked)
    assert len(reflects.requests) == len(to_reflect)


def test_the_same_words_are_in_the_same_part_in_every_run(record, coach, wanted, labs):
    record(60)
    first = parts(wanted())
    record(60)  # the same words once more, in other sessions
    record(20, first=60)
    second = parts(wanted(most_calls=400))
    for name in ("training", "validation", "held_out"):
        ours = {each.words for each in getattr(first, name)}
        assert ours <= {each.words for each in getattr(second, name)}
        assert len(getattr(second, name)) == len({each.words for each in getattr(second, name)})


@pytest.mark.parametrize("text", [TEXT + "\nBe brief.", "Be kind.", "You help {{customer}} and {{friend}}.", ""])
def test_what_is_not_better_or_no_version_is_not_proposed(optimise, record, labs, text):
    record(60)
    labs[1].texts = (text,)
    run = optimise(most_calls=100)
    assert run.state == OptimiserState.ENDED
    assert "no text was better in validation than the live one (0% right)" in run.told
    assert not Candidate.objects.exists() and PromptVersion.objects.count() == 1
    assert run.calls <= 100


def test_what_is_better_in_validation_alone_is_not_proposed(optimise, record, labs, monkeypatch):
    record(60)
    monkeypatch.setattr(running, "weighed", lambda live, new: running.Weighed(9, 5, 5, 1, 1))
    run = optimise()
    assert "Not better than the live text: of 9 held-out cases 5 right, and 5 with the live text" in run.told
    assert run.text == BETTER and run.candidate is None
    assert not Candidate.objects.exists()


def test_what_was_found_once_is_not_proposed_twice(optimise, record, labs):
    record(60)
    assert optimise().candidate is not None
    again = optimise()
    assert "The best text was proposed before" in again.told and again.candidate is None
    assert Candidate.objects.count() == 1


def test_a_run_is_done_once(optimise, record, labs):
    record(60)
    run = optimise()
    asked = len(labs[0].requests)
    assert running.run(run.pk, timezone.now) == "Somebody else has done it, or it was stopped."
    assert len(labs[0].requests) == asked


def test_nothing_is_printed_written_or_recorded(optimise, record, labs, capsys, tmp_path, monkeypatch, spans):
    record(60)
    monkeypatch.chdir(tmp_path)
    optimise()
    assert capsys.readouterr().out == ""
    assert list(tmp_path.iterdir()) == []
    assert spans.get_finished_spans() == ()


def test_a_worker_knows_the_task_by_the_name_that_it_is_sent_by(record, labs, wanted, monkeypatch):
    record(60)
    sent = []
    monkeypatch.setattr(starting.current_app, "send_task", lambda name, args, **about: sent.append((name, args)))
    run = starting.start(wanted(), by="ana", now=timezone.now())
    assert sent == [(tasks.optimise.name, (run.pk,))]
    assert OF_TASKS[tasks.optimise.name] == (running.__name__,)
    assert "Proposed: coach@2" in tasks.optimise(run.pk)
