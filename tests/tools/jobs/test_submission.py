"""Submitting from Python: checked as a whole, stored at once, the same once."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from kombu.exceptions import OperationalError

from tools.errors import InvalidArguments, NotAuthorized
from tools.jobs import calling, deadletter, retention, tasks
from tools.jobs.control import JobStateError, cancel
from tools.jobs.models import Job, JobItem
from tools.jobs.rights import submitter_of_user
from tools.jobs.submission import MAX_ITEMS, submit

pytestmark = pytest.mark.django_db(transaction=True)
FIVE = [{"tool": "note", "payload": {"number": number}} for number in range(5)]


def test_a_job_is_put_on_the_queue_of_its_priority(make_job, calls_made):
    job = make_job(priority="high")
    message = {"args": (str(job.pk), 0), "queue": "jobs.high", "retry": False, "ignore_result": True}
    assert calls_made == [{"name": tasks.run_turn.name, **message}]
    assert tasks.run_turn.name == "tools.jobs.tasks.run_turn"  # under which messages of the release before wait


@pytest.mark.parametrize(("calls", "options", "said"), [
    ([], {}, "1 to 10,000 calls"),
    ([{"tool": "note"}] * (MAX_ITEMS + 1), {}, "10,001"),
    (FIVE, {"max_concurrent": 0, "priority": "soon"}, "1 to 50, not 0; priority is high, normal"),
    ([*FIVE, {"payload": {}}], {}, "calls without a tool: 5"),
    ([{"tool": "note", "payload": "\0"}, {"tool": "note", "payload": object()}], {}, "cannot hold: 0, 1"),
])  # fmt: skip
def test_everything_that_is_wrong_with_a_job_is_said_at_once(executor, calls, options, said):
    with pytest.raises(InvalidArguments, match=said):
        submit(calls, **options)
    assert not Job.objects.exists()


def test_many_items_are_stored_as_they_are_with_few_queries(executor, calls_made, django_assert_max_num_queries):
    odd = {"tool": "note", "payload": ["ä", None, 1.5, {"deep": True}], "context": {"agent": "batch"}}
    with django_assert_max_num_queries(5):
        job, _ = submit([*FIVE * 600, odd])
    assert job.items.count() == job.total == 3001
    last = job.items.get(position=3000)
    assert (last.tool, last.payload, last.context) == ("note", odd["payload"], odd["context"])
    assert (last.state, last.tool_call_ids, job.items.get(position=7).payload) == ("waiting", [], {"number": 2})


def test_the_same_submission_at_the_same_moment_is_one_job(executor, calls_made):
    found = []

    def send():
        found.append(submit(FIVE, idempotency_key="k"))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({job.pk for job, _ in found}) == 1 and [made for _, made in found].count(True) == 1
    assert JobItem.objects.count() == 5


def test_a_person_who_lost_the_right_runs_nothing_more(executor, calls_made, run_turn, person):
    ana = person("ana", "tools.execute_tool")
    job, _ = submit([{"tool": "note", "payload": {"number": 1}}], submitter=submitter_of_user(ana))
    ana.user_permissions.clear()
    assert run_turn(job).state == "paused"
    with pytest.raises(NotAuthorized, match=r"wants the permission tools\.execute_tool"):
        submit(FIVE, submitter=submitter_of_user(User.objects.get()))


def test_a_job_is_kept_while_the_queue_is_away(executor, monkeypatch):
    def away(name, **message):
        raise OperationalError("the broker does not answer")

    monkeypatch.setattr("tools.jobs.calling.current_app.send_task", away)
    job, _ = submit(FIVE)
    assert calling.call_due(timezone.now()) == 0
    sent = []
    monkeypatch.setattr("tools.jobs.calling.current_app.send_task", lambda name, **message: sent.append(message))
    assert calling.call_due(timezone.now()) == 1
    assert sent[0]["args"] == (str(job.pk), 0)


def test_nothing_of_a_cancelled_job_is_replayed(make_job, run_turn):
    done = run_turn(make_job("send_once", [{}]))
    over = make_job("send_once", [{}, {}], max_concurrent=1)
    run_turn(over, length=timedelta(0))
    JobItem.objects.filter(job=over, position=0).update(state="failed")
    cancel(over)
    with pytest.raises(JobStateError, match="Nothing was replayed"):
        deadletter.replay([item.pk for item in JobItem.objects.dead()])
    assert done.items.dead().count() == 1


def test_an_item_that_has_not_failed_is_not_edited(make_job):
    with pytest.raises(JobStateError, match="this one is waiting"):
        deadletter.edit(make_job().items.first(), {"number": 2}, by="ana")


def test_jobs_are_deleted_with_everything_when_they_ended_long_ago(make_job, run_turn, settings):
    old, recent, running = (run_turn(make_job("send_once", [{"too": "x"}])) for _ in range(3))
    deadletter.edit(old.items.get(), {"to": "x"}, by="ana")
    ended = timezone.now() - timedelta(days=settings.RETENTION_DAYS, minutes=1)
    Job.objects.filter(pk=old.pk).update(ended_at=ended)
    Job.objects.filter(pk=running.pk).update(state="running", created_at=ended)
    assert retention.apply(timezone.now()) == 1
    assert set(Job.objects.values_list("pk", flat=True)) == {recent.pk, running.pk}
    assert JobItem.objects.count() == 2 and not JobItem.history.exists()
