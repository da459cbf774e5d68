"""What an optimiser may spend is what it spends at most; it ends, is stopped and is given up cleanly."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from salesboost.lab import Reply
from tests.tools.llm.evolution.optimising.conftest import TEXT
from tools.llm.evolution import tasks
from tools.llm.evolution.errors import EvolutionError
from tools.llm.evolution.models import Candidate, OptimiserRun, OptimiserState
from tools.llm.evolution.optimising import asking, running, starting
from tools.llm.evolution.optimising.budget import Amount, Budget, Over, Why

pytestmark = pytest.mark.django_db(transaction=True)
PRICE = Decimal("0.000001")  # of each token


def price(provider, model, *, input_tokens, output_tokens=0, **cached):
    return PRICE * (input_tokens + output_tokens)


@pytest.fixture
def started(wanted, record, labs, monkeypatch, settings):
    """``started(most_calls=100)``: a run that no worker has begun."""
    settings.MODEL_PRICE = f"{__name__}.price"
    monkeypatch.setattr(starting, "send", lambda run: None)
    record(60)

    def made(**changes):
        return starting.start(wanted(**changes), by="ana", now=timezone.now())

    return made


def ended(run, **about):
    running.run(run.pk, timezone.now, **about)
    return OptimiserRun.objects.get(pk=run.pk)


def seeking(lab):
    """Texts that are all new and none better: a search would go on for ever."""
    numbers = iter(range(10_000))
    lab.script.planner = lambda asked: Reply(text=f"```\n{TEXT}\nPass action as list{next(numbers)}.\n```")


@pytest.mark.parametrize("most", [60, 75, 111])
def test_never_more_calls_than_allowed(started, labs, most):
    seeking(labs[1])
    run = ended(started(most_calls=most))
    assert run.state == OptimiserState.ENDED
    assert run.calls == len(labs[0].requests) <= most
    assert run.calls > 20


@pytest.mark.parametrize("usd", ["0.70", "1"])
def test_never_more_money_than_allowed_and_what_was_spent_is_said(started, labs, usd):
    seeking(labs[1])
    run = ended(started(most_usd=Decimal(usd), most_calls=2_000))
    assert 0 < run.usd <= Decimal(usd)
    # In the lab's own words: input and output of all that it answered.
    assert run.usd == PRICE * run.tokens


def test_never_more_tokens_than_allowed(started, labs):
    seeking(labs[1])
    run = ended(started(most_tokens=700_000, most_calls=2_000))
    assert 0 < run.tokens <= 700_000


def test_too_little_to_begin_with_is_said_before_anybody_is_asked(started, labs):
    run = ended(started(most_usd=Decimal("0.05")))
    assert run.told.startswith("That is too little to begin with (its money was used up): allow ")
    assert "at least" in run.told
    assert (run.calls, len(labs[0].requests), run.state) == (0, 0, OptimiserState.ENDED)


def test_the_deadline_ends_it_with_the_best_so_far(started, labs):
    seeking(labs[1])
    run = ended(started(), clock=lambda: 60.0 * len(labs[0].requests))  # a minute a request, and 30 in all
    assert run.state == OptimiserState.ENDED
    assert run.told == "Its time was over: no text was better in validation than the live one (0% right)."
    # A fifth of the time is what is held out's; those that were under way were answered.
    assert 24 <= len(labs[0].requests) < 24 + asking.SIDE_BY_SIDE


def test_whoever_is_stopped_asks_nobody_else(started, labs, monkeypatch):
    run = started()
    beats, beat = [], running.Work.beat

    def third(work):
        beats.append(work)
        if len(beats) == 3:
            starting.stop(run, by="bob", now=timezone.now())
        beat(work)

    monkeypatch.setattr(running.Work, "beat", third)
    done = ended(run)
    assert (done.state, done.stopped_by) == (OptimiserState.STOPPED, "bob")
    assert "somebody stopped it" in done.told
    assert len(labs[0].requests) == done.calls == 8
    with pytest.raises(EvolutionError, match=r"coach, run \d+ is over"):
        starting.stop(run, by="bob", now=timezone.now())


def test_one_that_nobody_has_begun_is_stopped_at_once(started, labs):
    run = started()
    starting.stop(run, by="bob", now=timezone.now())
    assert ended(run).state == OptimiserState.STOPPED
    assert len(labs[0].requests) == 0


def test_a_worker_that_is_to_end_ends_it(started, labs):
    run = ended(started(), is_wanted=lambda: len(labs[0].requests) < 6)
    assert run.state == OptimiserState.ENDED and "its worker was stopped" in run.told
    assert run.calls == 8


def test_what_a_killed_worker_left_is_over_and_another_may_begin(started, labs):
    run = started()
    OptimiserRun.objects.filter(pk=run.pk).update(state=OptimiserState.RUNNING, beat_at=timezone.now())
    with pytest.raises(EvolutionError, match="is running: one goes on at a time"):
        started()
    OptimiserRun.objects.filter(pk=run.pk).update(beat_at=timezone.now() - timedelta(minutes=11))
    tasks.evolve()
    run.refresh_from_db()
    assert run.state == OptimiserState.LOST
    assert run.told.startswith("It ended without a result")
    assert started().state == OptimiserState.WAITING


def test_who_was_thought_lost_and_lives_asks_nobody_else(started, labs, monkeypatch):
    run = started()
    beat = running.Work.beat

    def late(work):
        OptimiserRun.objects.filter(pk=run.pk).update(state=OptimiserState.LOST)
        beat(work)

    monkeypatch.setattr(running.Work, "beat", late)
    ended(run)
    assert len(labs[0].requests) == 0


def test_a_model_that_cannot_be_asked_ends_it(started, labs):
    labs[0].fail("overloaded", vendor="openai", times=None)
    run = ended(started())
    assert run.state == OptimiserState.ENDED
    assert "the models could not be asked" in run.told
    assert len(labs[0].requests) <= 8


def test_who_reflects_and_cannot_be_asked_ends_it_too(started, labs):
    labs[1].fail("overloaded", vendor="anthropic", times=None)
    run = ended(started())
    assert run.state == OptimiserState.ENDED
    assert len(labs[1].requests) <= 8
    assert not Candidate.objects.exists()


def test_what_is_reserved_is_not_there_for_others():
    now = [0.0]
    budget = Budget(Amount(10, 100, Decimal(1)), 100.0, lambda: now[0], kept_back=Amount(4))
    budget.take(Amount(5, 50, Decimal("0.5")))
    with pytest.raises(Over, match="its calls were used up"):
        budget.take(Amount(2))
    with pytest.raises(Over, match="its tokens were used up"):
        budget.take(Amount(1, 60))
    with pytest.raises(Over, match="its money was used up"):
        budget.take(Amount(0, 0, Decimal("0.6")))
    budget.settle(Amount(5, 50, Decimal("0.5")), Amount(5, 10, Decimal("0.1")))
    assert budget.lacks(Amount(1, 90, Decimal("0.9"))) is None
    now[0] = 81.0
    assert budget.lacks(Amount()) is Why.TIME
    budget.give_back()
    assert budget.lacks(Amount(5)) is None
