"""Turns run a job's items, write what became of them, and leave nothing in between."""

import threading
from datetime import timedelta
from itertools import count

import pytest
from django.db import OperationalError
from django.utils import timezone

from tests.tools.jobs.conftest import GATE, RAN, SIDE_BY_SIDE
from tools.jobs import control, ledger
from tools.jobs.models import Job, JobItem
from tools.jobs.recovery import MAX_LOST, sweep
from tools.jobs.runner import Turn

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = timedelta(minutes=5)


def states(job):
    return list(job.items.order_by("position").values_list("state", flat=True))


def counts_are_true(job):
    job.refresh_from_db()
    found = {state: states(job).count(state) for state in ("succeeded", "failed", "running", "waiting")}
    return found == {name: getattr(job, name) for name in found}


def abandon(job, running):
    """Leave *job* as a runner does that is killed: some items running, the lease run out."""
    taken = ledger.take(str(job.pk), job.turn, timezone.now())
    _, items = ledger.exchange(taken, [], ledger.Limit(running), timezone.now())
    Job.objects.filter(pk=job.pk).update(leased_until=timezone.now() - LONG_AGO)
    return taken, items


def test_a_job_runs_all_its_items_and_is_done(make_job, run_turn):
    job = run_turn(make_job())
    assert (job.state, job.succeeded, job.failed, job.running, job.waiting) == ("done", 5, 0, 0, 0)
    assert sorted(RAN) == [0, 1, 2, 3, 4]
    assert [item.result for item in job.items.all()] == ["0", "1", "2", "3", "4"]
    assert job.ended_at >= job.started_at >= job.created_at


def test_no_more_calls_run_at_once_than_the_job_allows(make_job, run_turn):
    run_turn(make_job(payloads=[{"number": number} for number in range(30)], max_concurrent=3))
    assert SIDE_BY_SIDE["most"] == 3


def test_the_span_of_an_item_names_its_job(make_job, run_turn, spans):
    job = run_turn(make_job(payloads=[{"number": 1}], session_id="s1", context={"agent": "batch"}))
    (span,) = spans.get_finished_spans()
    assert span.attributes["salesboost.context.job_id"] == str(job.pk)
    assert span.attributes["gen_ai.tool.call.id"] == job.items.get().tool_call_ids[0]
    assert (span.attributes["gen_ai.conversation.id"], span.attributes["gen_ai.agent.name"]) == ("s1", "batch")


def test_what_fails_is_a_dead_letter_and_the_others_go_on(make_job, run_turn):
    job = run_turn(make_job("send_once", [{"to": "ana"}, {"to": "nobody"}, {"too": "ben"}]))
    assert (job.state, job.succeeded, job.failed) == ("done", 1, 2)
    _, returned, wrong = job.items.order_by("position")
    assert (returned.error_code, returned.error_layer) == ("nobody", "returned_failure")
    assert returned.error_message == "there is nobody of that name"
    assert (wrong.error_code, wrong.error_layer) == ("invalid_arguments", "arguments")
    assert "did you mean 'to'?" in wrong.error_message


@pytest.mark.parametrize("name", ["leave", "leave_a_thread"])
def test_a_tool_that_would_end_the_process_fails_and_all_others_go_on(make_job, run_turn, name):
    job = run_turn(make_job(name))
    assert (job.state, job.succeeded, job.failed, job.running) == ("done", 3, 2, 0)
    assert {item.error_code for item in job.items.filter(state="failed")} == {"tool_bug"}
    assert run_turn(make_job()).succeeded == 5


def test_an_error_that_cannot_be_stored_is_stored_as_well_as_it_can(make_job, run_turn):
    job = run_turn(make_job("send_once", [{"to": "rubble"}, {"to": "ana"}]))
    assert (job.state, job.succeeded) == ("done", 1)
    assert job.items.get(state="failed").error_message == "\ufffd?"


def test_a_long_result_is_cut(make_job, run_turn):
    job = run_turn(make_job("send_once", [{"to": "x" * 20_000}]))
    assert len(job.items.get().result) == ledger.MAX_RESULT_CHARS


def test_a_turn_ends_when_its_time_is_up_and_calls_the_next(make_job, run_turn, calls_made):
    job = make_job(payloads=[{"number": number} for number in range(50)], max_concurrent=1)
    moments = count()
    after = run_turn(job, clock=lambda: timezone.now() + next(moments) * timedelta(seconds=0.5))
    assert 0 < after.succeeded < 50 and after.state == "running" and after.leased_until is None
    assert calls_made[-1]["args"] == (str(job.pk), 1)
    while run_turn(job).state != "done":
        pass
    assert sorted(RAN) == list(range(50))


def test_a_message_for_a_turn_that_was_served_does_nothing(make_job, run_turn, executor):
    job = make_job()
    run_turn(job)
    Turn(str(job.pk), 0, executor).run()
    assert len(RAN) == 5


def test_two_runners_never_have_the_same_job(make_job):
    job = make_job()
    assert ledger.take(str(job.pk), 0, timezone.now()) is not None
    assert ledger.take(str(job.pk), 0, timezone.now()) is None
    assert ledger.take(str(job.pk), 1, timezone.now()) is None


def test_a_pause_acts_between_two_items_and_resume_goes_on(make_job, run_turn, calls_made):
    job = make_job(payloads=[{"number": number} for number in range(500)], max_concurrent=1)
    runner = threading.Thread(target=run_turn, args=[job])
    runner.start()
    while len(RAN) < 3:
        pass
    control.pause(job, "lunch")
    runner.join(5)
    job.refresh_from_db()
    ran = len(RAN)
    assert ran < 500 and (job.state, job.reason, job.running) == ("paused", "lunch", 0)
    assert run_turn(job).state == "paused" and len(RAN) == ran
    control.resume(job)
    assert calls_made[-1]["args"] == (str(job.pk), 1)
    assert run_turn(job).succeeded > ran and counts_are_true(job)


def test_cancel_starts_nothing_more_and_cannot_be_undone(make_job, run_turn):
    job = control.cancel(make_job())
    assert run_turn(job).state == "cancelled" and RAN == []
    with pytest.raises(control.JobStateError, match="The job is cancelled"):
        control.resume(job)


def test_a_refused_call_waits_and_is_no_failure(make_job, run_turn):
    GATE.retry_after_s = 30
    job = run_turn(make_job("gated", max_concurrent=2))
    assert (job.state, job.succeeded, job.failed, job.waiting) == ("running", 0, 0, 5)
    assert GATE.asked == 2
    assert 25 < (job.due_at - timezone.now()).total_seconds() <= 30
    GATE.open = True
    Job.objects.update(holds={"gated": {"since": 0, "until": 0}})
    assert run_turn(job).state == "done"


def test_a_tool_that_refused_is_asked_one_at_a_time(make_job, run_turn):
    job = make_job("gated", max_concurrent=5)
    Job.objects.update(holds={"gated": {"since": timezone.now().timestamp(), "until": 0}})
    GATE.retry_after_s = 30
    run_turn(job)
    assert GATE.asked == 1


def test_a_short_refusal_is_waited_for_within_the_turn(make_job, run_turn):
    def open_the_gate(seconds):
        assert 0 < seconds <= 0.05
        GATE.open = True

    assert run_turn(make_job("gated"), sleep=open_the_gate).state == "done"


def test_other_tools_go_on_while_one_refuses(make_job, run_turn):
    GATE.retry_after_s = 30
    job = make_job("gated")
    JobItem.objects.filter(position__gte=3).update(tool="note")
    assert sorted(states(run_turn(job))) == ["succeeded"] * 2 + ["waiting"] * 3


def test_a_tool_that_lets_nothing_through_for_a_day_is_given_up(make_job, run_turn):
    job = make_job("gated", [{"number": 1}])
    since = timezone.now() - timedelta(hours=24)
    Job.objects.update(holds={"gated": {"since": since.timestamp(), "until": 0}})
    job = run_turn(job)
    assert (job.state, job.items.get().error_code) == ("done", "rate_limited")


def test_items_of_a_dead_worker_are_run_again_if_their_tool_is_idempotent(make_job, run_turn):
    job = make_job()
    abandon(job, running=2)
    job = run_turn(job)
    assert (job.state, job.succeeded) == ("done", 5)
    assert list(job.items.order_by("position").values_list("attempts", flat=True)) == [2, 2, 1, 1, 1]


def test_items_of_a_dead_worker_with_an_unknown_fate_are_dead_letters(make_job, run_turn):
    job = make_job("send_once", [{"to": "ana"}, {"to": "ben"}])
    abandon(job, running=1)
    job = run_turn(job)
    assert states(job) == ["failed", "succeeded"] and job.state == "done"
    assert job.items.first().error_code == "fate_unknown"
    assert counts_are_true(job)


def test_an_item_that_ends_three_workers_is_not_tried_a_fourth_time(make_job, run_turn):
    job = make_job(payloads=[{"number": 1}])
    JobItem.objects.update(lost=MAX_LOST - 1)
    abandon(job, running=1)
    assert run_turn(job).items.get().error_code == "worker_lost"
    assert RAN == []


def test_late_news_of_a_runner_taken_for_dead_is_better_than_an_unknown_fate(make_job, run_turn, executor):
    job = make_job("send_once", [{"to": "ana"}])
    taken, (item,) = abandon(job, running=1)
    assert states(run_turn(job)) == ["failed"]
    said = executor.execute_sync(name="send_once", payload={"to": "ana"})
    after, more = ledger.exchange(taken, [ledger.Ending(item, said)], ledger.Limit(5), timezone.now())
    assert states(job) == ["succeeded"] and more == [] and (after.succeeded, after.failed) == (1, 0)


def test_late_news_does_not_change_an_item_that_was_run_again(make_job, run_turn, executor):
    job = make_job(payloads=[{"number": 1}])
    taken, (item,) = abandon(job, running=1)
    run_turn(job)
    said = executor.execute_sync(name="note", payload={"number": 9})
    ledger.exchange(taken, [ledger.Ending(item, said)], ledger.Limit(5), timezone.now())
    assert job.items.get().result == "1" and counts_are_true(job)


def test_what_a_dead_worker_leaves_in_a_cancelled_job_is_cleared_up(make_job):
    job = make_job()
    abandon(job, running=2)
    control.cancel(job)
    assert sweep(timezone.now()) == 1 and sweep(timezone.now()) == 0
    assert states(job) == ["waiting"] * 5 and counts_are_true(job)


def test_results_are_kept_until_postgres_is_back(make_job, run_turn, monkeypatch):
    tries = iter([None, OperationalError("away"), OperationalError("away")])
    exchange = ledger.exchange

    def flaky(*args):
        error = next(tries, None)
        if error is not None:
            raise error
        return exchange(*args)

    monkeypatch.setattr(ledger, "exchange", flaky)
    waited = []
    assert run_turn(make_job(), sleep=waited.append).succeeded == 5
    assert len(waited) == 2 and sorted(RAN) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("many", [2, 40])
def test_a_turn_asks_the_same_of_postgres_for_each_exchange(make_job, executor, many, django_assert_num_queries):
    job = make_job(payloads=[{"number": number} for number in range(many)], max_concurrent=50)
    taken = ledger.take(str(job.pk), 0, timezone.now())
    with django_assert_num_queries(6):  # begin, lock the job, read items, mark them, save the job, commit
        ledger.exchange(taken, [], ledger.Limit(50), timezone.now())
